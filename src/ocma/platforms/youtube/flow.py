"""Google's OAuth: tokens are had from a host of their own."""

from ocma.platforms.oauth import OAuthFlow


class GoogleFlow(OAuthFlow):
    def _api_url(self, path: str) -> str:
        return self._whole(self._endpoints.urls["oauth"], path)
