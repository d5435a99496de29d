async def test_first_light(api, key, workspace):
    answer = await api.get("/api/keys", headers=key)
    assert answer.status_code == 200, answer.text
    print(answer.json(), answer.headers)
    answer = await api.post("/api/keys", headers={**key, "Idempotency-Key": "1"}, json={"name": "x", "scopes": ["posts:read"]})
    again = await api.post("/api/keys", headers={**key, "Idempotency-Key": "1"}, json={"name": "x", "scopes": ["posts:read"]})
    print(answer.text, again.headers)
    assert again.json() == answer.json()
    answer = await api.get("/api/nothing", headers=key)
    print(answer.text)
    answer = await api.put("/api/keys", headers=key)
    print(answer.text, answer.headers)
    print((await api.get("/readyz")).text)
    print((await api.get(f"/api/workspaces/{workspace}/members", headers=key)).text)
