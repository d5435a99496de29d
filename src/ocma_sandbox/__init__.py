"""The platforms' side of OCMA: documented wire protocols over real HTTP, with books that a test can read."""
