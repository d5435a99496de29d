"""Rate windows: counted, announced, and over after their time."""


def test_x_counts_down_per_user_and_call_and_says_when_it_is_over(alice, x, control, clock):
    first = alice.get("/2/users/me")
    assert first.headers["x-rate-limit-limit"] == "75"
    assert first.headers["x-rate-limit-remaining"] == "74"
    assert first.headers["x-rate-limit-reset"] == str(int(clock.now) + 900)
    for _ in range(74):
        last = alice.get("/2/users/me")
    assert (last.status_code, last.headers["x-rate-limit-remaining"]) == (200, "0")
    refused = alice.get("/2/users/me")
    assert refused.status_code == 429
    assert refused.json()["type"].endswith("/2/problems/rate-limit-exceeded")
    assert refused.headers["x-rate-limit-reset"] == first.headers["x-rate-limit-reset"]
    assert x.connect("bob").get("/2/users/me").status_code == 200
    assert alice.post(text="another window").status_code == 201
    clock.now += 900
    assert alice.get("/2/users/me").status_code == 200


def test_x_refuses_the_101st_post_and_books_nothing(alice, control):
    for number in range(100):
        response = alice.post(text=f"post {number}")
    assert response.headers["x-app-limit-24hour-limit"] == "10000"
    assert response.headers["x-app-limit-24hour-remaining"] == "9900"
    assert alice.post(text="one more").status_code == 429
    assert len(control.books()) == 100


def test_x_does_not_count_what_it_did_not_let_in(alice, x):
    for _ in range(3):
        x.http.get(f"{x.url}/x/2/users/me", headers={"Authorization": "Bearer wrong"})
    assert alice.get("/2/users/me").headers["x-rate-limit-remaining"] == "74"


def test_the_limits_can_be_switched_off_and_scaled(alice, control):
    control.settle("x", rate_factor=0)
    assert "x-rate-limit-limit" not in alice.get("/2/users/me").headers
    control.settle("x", rate_factor=0.04)
    assert [alice.get("/2/users/me").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_mastodon_announces_a_time_and_not_seconds(ann, clock, control):
    shown = ann.post("hello").headers
    assert (shown["x-ratelimit-limit"], shown["x-ratelimit-remaining"]) == ("300", "299")
    assert shown["x-ratelimit-reset"] == "2026-09-21T17:13:20.000Z"
    control.settle("mastodon", rate_factor=0.01)
    clock.now += 3 * 3600
    assert [ann.post(f"post {number}").status_code for number in range(4)] == [200, 200, 200, 429]
    clock.now += 3 * 3600
    assert ann.post("again").status_code == 200
