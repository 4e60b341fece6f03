"""Stopped and restarted under load: what runs is finished or said to be unknown."""

import signal
import threading

import pytest

from .waiting import until


def test_a_stop_lets_an_upload_that_is_running_finish(server, crew, prove):
    """SECURITY D6: what was begun before SIGTERM is done and acknowledged."""
    server.start()
    rep = crew.reps[0]
    rep.browser.sign_in(rep.name, rep.password)
    upload = threading.Thread(
        target=rep.upload, args=[rep.leads[0]], kwargs={"size": 20_000_000}
    )
    upload.start()
    crew.wait_for("sent a piece", 20)
    assert crew.acknowledged() == []
    server.process.send_signal(signal.SIGTERM)
    # Nobody new is let in, and still the upload goes on.
    until(lambda: server.health() == (None, None), what="the server takes nothing new")
    upload.join()
    assert server.process.wait(timeout=60) == 0
    assert [act["verb"] for act in crew.acknowledged()] == ["upload"]
    server.start()
    assert prove()["unknown"] == 0


AWAY = "<h1>leadbook erreicht seine Datenbank nicht</h1>"


@pytest.mark.postgresql
def test_a_database_that_restarts_is_told_as_such_and_used_again(
    server, cluster, crew, chance, prove
):
    """SECURITY D3: requests in flight and those meanwhile get 503, the next ones work."""
    server.start()
    browser = crew.reps[0].browser
    browser.sign_in(crew.reps[0].name, crew.reps[0].password)
    with crew.at_work():
        crew.wait_for("acknowledged", chance.randint(4, 12))
        cluster.crash()
        status, health = server.health()
        assert (status, health["alive"], health["ready"]) == (503, True, False)
        status, text = browser.get("/leads/")
        assert (status, AWAY in text) == (503, True)
        cluster.start()
        server.wait_until_ready()
        crew.wait_for("acknowledged", crew.counts["acknowledged"] + 5)
    assert {act["status"] for act in crew.log} <= {None, 303, 404, 409, 503}
    prove()
    # After a restart between two requests every worker finds its way back by itself.
    cluster.crash()
    cluster.start()
    until(
        lambda: {browser.get("/leads/")[0] for _request in range(6)} == {200},
        what="six answers from the database",
    )
