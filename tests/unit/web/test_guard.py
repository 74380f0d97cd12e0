"""Who may talk to the page. Each test fails if its check is taken out of the guard."""

import pytest
from web_scene import HOST, PORT, Scene

ADDRESSES = ["/", "/state", "/sample/0", "/picture/0", "/peer/0/0", "/summary", "/review.js"]
OK = {"sample": 0, "opinion": "ok"}


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def opened(scene, token, **headers):
    given = [("Host", HOST), *headers.items()]
    return scene.ask("/open", headers=given, query=f"token={token}".encode())


def test_the_token_is_exchanged_for_a_cookie_once(scene):
    answer = opened(scene, scene.token)
    assert answer.status == 200
    assert answer.headers["refresh"] == "0; url=/"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"bezoar_{PORT}={scene.keys.session};")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.lower().split("; "))
    assert "max-age" not in cookie.lower()
    again = opened(scene, scene.token)
    assert (again.status, "set-cookie" in again.headers) == (403, False)
    # Who has the cookie may come back to the address.
    assert opened(scene, scene.token, Cookie=scene.cookie).status == 200


@pytest.mark.parametrize("token", ["", "None", "wrong", "é"])
def test_a_wrong_token_opens_nothing_and_does_not_use_up_the_right_one(scene, token):
    assert opened(scene, token).status == 403
    assert opened(scene, scene.token).status == 200
    assert opened(scene, token).status == 403


@pytest.mark.parametrize("path", ADDRESSES)
def test_without_the_cookie_there_is_nothing(scene, path):
    assert scene.get(path).status == 200
    for cookie in (None, "", f"bezoar_{PORT}=wrong", f"bezoar_{PORT}=", "x=y", "\x7f=;;="):
        assert scene.get(path, Cookie=cookie).status == 403
    # The token of the address is no cookie.
    assert scene.get(path, Cookie=f"bezoar_{PORT}={scene.token}").status == 403


@pytest.mark.parametrize("path", [*ADDRESSES, "/open"])
@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "", None]
)
def test_a_name_that_was_rebound_is_refused(scene, path, host):
    assert scene.get(path, Host=host).status == 421


def test_two_hosts_are_none(scene):
    headers = [("Host", HOST), ("Host", "evil.example"), ("Cookie", scene.cookie)]
    assert scene.ask("/", headers=headers).status == 421


def test_localhost_is_this_server(scene):
    host = f"localhost:{PORT}"
    assert scene.get("/", Host=host).status == 200
    assert scene.post("/answer", OK, Host=host, Origin=f"http://{host}").status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_asks_for_is_refused(scene, site):
    # Another port of 127.0.0.1 is "same-site", and the browser sends it our cookie.
    for path in ADDRESSES:
        assert scene.get(path, **{"Sec-Fetch-Site": site}).status == 403
    assert scene.post("/answer", OK, **{"Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": f"http://localhost:{PORT}"},
        {"Origin": f"https://{HOST}"},
        {"Origin": "null"},
        {"Origin": None},
        {"X_Bezoar_Token": "wrong"},
        {"X_Bezoar_Token": None},
        {"Cookie": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Length": None},
        {"Content_Length": "-1"},
        {"Content_Length": str(1 << 20)},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/answer", "/undo", "/finish"])
def test_a_change_comes_from_our_page_alone(scene, path, changed):
    scene.post("/answer", OK)
    before = dict(scene.book.answers)
    assert scene.post(path, {"sample": 0, "opinion": "artefact"}, **changed).status in (
        403,
        413,
        415,
    )
    assert scene.book.answers == before
    assert not scene.recorded


@pytest.mark.parametrize("path", ["/answer", "/undo", "/finish"])
def test_a_link_changes_nothing(scene, path):
    assert scene.get(path).status == 405


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
def test_other_methods_are_refused(scene, method):
    headers = [("Host", HOST), ("Cookie", scene.cookie)]
    assert scene.ask("/", method, headers).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/picture/../../../etc/passwd",
        "/picture/%2e%2e%2fetc%2fpasswd",
        "/picture//etc/passwd",
        "/picture/stop/0.png",
        "/picture/-1",
        "/picture/3",
        "/picture/99999999999999999999",
        "/picture/0\0",
        "/peer/0/99",
        "/peer/0/-1",
        "/static/review.js",
        "/review.js/",
        "/draw.json",
        "/.bezoar/ledger.sqlite",
    ],
)
def test_no_address_names_a_file(scene, path):
    answer = scene.get(path)
    assert answer.status == 404
    assert b"root:" not in answer.body


def test_every_answer_has_the_strict_headers(scene):
    for answer in (
        scene.get("/"),
        scene.get("/picture/0"),
        scene.get("/nothing"),
        scene.get("/", Host="evil.example"),
        scene.post("/answer", OK, Origin="null"),
        opened(scene, scene.token),
    ):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_the_page_holds_no_script_and_no_other_secret(scene):
    page = scene.get("/").body.decode()
    assert scene.keys.page in page
    assert scene.keys.session not in page
    assert scene.token not in page
    assert page.count("<script") == 1
    assert '<script src="/review.js"></script>' in page
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in page.partition("<main>")[0].replace(" on this", "")
