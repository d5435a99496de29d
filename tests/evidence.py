"""Beside the cases in abilities.py: which tests hold an ability to a description, to facts, or to a real server.

Each line is a letter of the table in docs/platforms/README.md, a file below tests/, and a test in it. Only what the named test
itself looks at counts: a platform's other abilities are sent by the same code, and yet not shown.
"""

from collections.abc import Mapping

# The platforms' own machine-readable descriptions, or parts of them. Where there is none, no test can be one of `d`.
DESCRIPTIONS: Mapping[str, str] = {
    "x": "contract/x/data/openapi-2.167.json",
    "bluesky": "contract/bluesky/data/lexicons.json",
    "facebook": "contract/facebook/data/graph.json",
    "instagram": "contract/instagram/data/graph.json",
    "threads": "contract/threads/data/collection.json",
    "youtube": "contract/youtube/data/discovery-20261104.json",
}

_SNAC, _PRODUCT, _PDS = "real/test_mastodon_connector.py", "real/test_whole_product.py", "real/test_bluesky_connector.py"


def _tests(platform: str, letter: str, **named: str) -> dict[tuple[str, str], list[str]]:
    """Contract tests: ability -> file and test."""
    return {
        (platform, ability): [f"{letter} contract/{platform}/test_{test.replace(' ', '.py::test_')}"]
        for ability, test in named.items()
    }


EVIDENCE: Mapping[tuple[str, str], list[str]] = {
    **_tests(
        "x",
        "d",
        text="publish a_post",
        image="media an_image_goes_in_one_request",
        images="publish media",
        GIF="media moving_pictures_go_in_pieces",
        video="media moving_pictures_go_in_pieces",
        thread="publish media_of_a_later_part",
        poll="poll a_post_with_a_poll",
        delete="live deletes",
    ),
    **_tests(
        "mastodon",
        "f",
        connect="oauth a_code_becomes_a_grant_that_does_not_expire",
        text="publish a_status_is_one_request_with_the_idempotency_key",
        image="media a_file_is_sent_as_a_form_of_known_length_with_its_description",
        images="publish files_parent_and_options_go_with_it",
        video="media a_video_the_server_works_through_is_waited_for",
        thread="publish files_parent_and_options_go_with_it",
        poll="poll a_poll_goes_with_the_text",
        delete="publish a_status_is_deleted",
    ),
    **_tests(
        "bluesky",
        "d",
        text="publish a_post_is_one_record_at_a_place_of_our_own",
        image="media an_image_goes_up_as_it_is_and_its_blob_is_kept_whole",
        images="publish images_carry_their_blob_alternative_text_and_shape",
        video="media a_video_goes_through_the_service_and_is_waited_for",
        link="publish a_link_is_a_card",
        thread="publish the_third_part_of_a_thread_names_its_root_and_its_parent_in_their_versions",
        comment="publish a_first_comment_is_a_reply_to_the_post",
        delete="find a_post_is_deleted_and_one_that_is_gone_too",
    ),
    **_tests("bluesky", "f", connect="oauth a_code_becomes_a_grant_bound_to_the_key"),
    **_tests(
        "linkedin",
        "f",
        connect="oauth a_code_is_redeemed_at_the_same_host",
        text="publish a_post",
        image="publish an_image_with_its_alternative_text",
        images="publish several_images_in_order",
        GIF="media a_gif_is_an_image",
        video="publish a_video",
        document="publish a_document_has_a_title",
        link="publish a_link_as_a_card",
        comment="publish a_first_comment",
        poll="publish a_poll",
        delete="live deleting",
    ),
    **_tests("facebook", "f", connect="account a_code_becomes_a_long_lived_token_with_what_was_granted"),
    **_tests(
        "facebook",
        "d",
        text="publish a_text",
        image="publish photos_are_attached_in_order",
        images="publish photos_are_attached_in_order",
        video="publish a_video_is_finished_and_not_live_at_once",
        reel="publish a_reel",
        story="publish a_story_of_a_photo_and_one_of_a_video",
        link="publish a_link",
        comment="publish a_first_comment",
        delete="live a_post_is_deleted",
    ),
    **_tests("instagram", "f", connect="account a_code_becomes_a_token_of_sixty_days"),
    **_tests(
        "instagram",
        "d",
        image="publish an_image",
        images="publish a_carousel",
        video="publish a_single_video_is_a_reel",
        reel="publish a_single_video_is_a_reel",
        story="publish a_story",
        comment="publish a_first_comment",
        delete="publish deleting",
    ),
    **_tests(
        "threads",
        "d",
        connect="account a_code_becomes_a_token_of_sixty_days",
        text="publish a_text",
        image="publish an_image",
        images="publish a_carousel",
        video="publish a_video",
        link="publish a_link",
        thread="publish a_reply_is_made_when_what_it_answers_is_live",
        poll="publish a_poll",
        delete="publish deleting",
    ),
    **_tests(
        "tiktok",
        "f",
        connect="account a_code_becomes_a_grant",
        images="publish photos_are_fetched_by_tiktok",
        video="publish a_video_is_prepared_in_order_and_its_last_piece_makes_it_live",
    ),
    **_tests("youtube", "f", connect="account a_code_becomes_a_grant_at_googles_token_host"),
    **_tests(
        "youtube",
        "d",
        video="publish everything_before_the_last_call_leaves_it_private",
        comment="publish a_first_comment",
        delete="find a_video_is_deleted",
    ),
}

# On a server of the platform's kind that runs on this machine.
REAL: Mapping[tuple[str, str], list[str]] = {
    ("mastodon", "connect"): [f"r {_SNAC}::test_a_connected_account_is_who_signed_in"],
    ("mastodon", "text"): [f"r {_PRODUCT}::test_a_text"],
    ("mastodon", "image"): [f"r {_PRODUCT}::test_a_picture_with_its_description"],
    ("mastodon", "video"): [f"r {_SNAC}::test_a_video_arrives_whole_with_its_alternative_text"],
    ("mastodon", "thread"): [f"r {_PRODUCT}::test_a_thread"],
    ("bluesky", "connect"): [f"r {_PDS}::test_an_account_is_who_signed_in"],
    ("bluesky", "text"): [f"r {_PDS}::test_a_text_with_a_link_a_mention_and_a_hashtag"],
    ("bluesky", "images"): [f"r {_PDS}::test_images_with_their_descriptions"],
    ("bluesky", "video"): [f"r {_PDS}::test_a_video_as_a_file"],
    ("bluesky", "link"): [f"r {_PDS}::test_a_link_card"],
    ("bluesky", "thread"): [f"r {_PDS}::test_a_thread_is_a_chain"],
    ("bluesky", "delete"): [f"r {_PDS}::test_a_post_is_taken_back_and_that_may_be_said_twice"],
}


# Of figures: what is measured -> the tests, as above.
MEASURED: Mapping[tuple[str, str], list[str]] = {
    ("x", "post"): ["d contract/x/test_measuring.py::test_a_young_post_has_all_figures"],
    ("x", "account"): ["d contract/x/test_measuring.py::test_an_account_s_totals"],
    ("mastodon", "post"): [
        "f contract/mastodon/test_measuring.py::test_many_statuses_are_asked_for_at_once",
        f"r {_SNAC}::test_figures_of_a_server_that_knows_no_batch_and_hardly_counts",
    ],
    ("mastodon", "account"): [
        "f contract/mastodon/test_measuring.py::test_an_account_s_totals",
        f"r {_SNAC}::test_figures_of_a_server_that_knows_no_batch_and_hardly_counts",
    ],
    ("bluesky", "post"): ["d contract/bluesky/test_measuring.py::test_as_many_posts_as_the_lexicon_allows_are_one_question"],
    ("bluesky", "account"): ["d contract/bluesky/test_measuring.py::test_an_account_s_totals"],
    ("linkedin", "post"): ["f contract/linkedin/test_measuring.py::test_posts_of_a_page_of_both_kinds"],
    ("linkedin", "account"): ["f contract/linkedin/test_measuring.py::test_a_page_by_the_day"],
    ("tiktok", "post"): ["f contract/tiktok/test_measuring.py::test_as_many_videos_as_tiktok_allows_are_one_question"],
    ("tiktok", "account"): ["f contract/tiktok/test_measuring.py::test_an_account_is_asked_for_its_figures"],
    ("youtube", "post"): ["d contract/youtube/test_measuring.py::test_videos"],
    ("youtube", "account"): ["d contract/youtube/test_measuring.py::test_a_channel"],
}


def named(platform: str, ability: str) -> list[tuple[str, str]]:
    """Letters, and the tests they stand for."""
    of = (platform, ability)
    found = (*EVIDENCE.get(of, ()), *REAL.get(of, ()), *MEASURED.get(of, ()))
    return [(letter, test) for letter, _, test in (each.partition(" ") for each in found)]
