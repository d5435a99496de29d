DAY = 86400
COUNTS = ("replies_count", "reblogs_count", "favourites_count", "quotes_count")


def test_statuses_count_what_the_books_say(ann, control, clock):
    control.watch("mastodon", "ann")
    ids = [ann.posted(text)["id"] for text in ("one", "two")]
    ann.posted("answer", in_reply_to_id=ids[0])
    clock.now += 2 * DAY
    shown = ann.get("/api/v1/statuses", **{"id[]": ids}).json()
    assert [status["id"] for status in shown] == ids
    for status in shown:
        counts = {name: status[name] for name in COUNTS}
        assert counts == control.figures(platform="mastodon", id=status["id"])["figures"]
        assert counts["favourites_count"] > counts["quotes_count"] >= 0
        assert ann.get(f"/api/v1/statuses/{status['id']}").json()["favourites_count"] == counts["favourites_count"]


def test_figures_grow_and_what_was_told_stays(ann, control, clock):
    control.watch("mastodon", "ann")
    status_id = ann.posted("grow")["id"]
    control.call("POST", "metrics", json={"platform": "mastodon", "id": status_id, "metrics": {"reblogs_count": 3}})
    seen = []
    for _ in range(3):
        clock.now += 3600
        seen.append(ann.get(f"/api/v1/statuses/{status_id}").json())
    favourites = [status["favourites_count"] for status in seen]
    assert 0 < favourites[0] < favourites[1] < favourites[2]
    assert {status["reblogs_count"] for status in seen} == {3}


def test_accounts_gain_followers(ann, control, clock):
    control.watch("mastodon", "ann")
    ann.posted("follow me")
    clock.now += 3 * DAY
    shown = ann.me()
    figures = control.figures(platform="mastodon", account="ann")["figures"]
    assert {name: shown[name] for name in figures} == figures
    assert figures["followers_count"] > 20_000


def test_a_deleted_status_is_not_in_the_batch(ann, control):
    control.watch("mastodon", "ann")
    kept, gone = (ann.posted(text)["id"] for text in ("kept", "gone"))
    ann.call("DELETE", f"/api/v1/statuses/{gone}")
    assert [status["id"] for status in ann.get("/api/v1/statuses", **{"id[]": [gone, kept, "5"]}).json()] == [kept]
    assert ann.get(f"/api/v1/statuses/{gone}").status_code == 404
