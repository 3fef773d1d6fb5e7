"""The knowledge owner's routes beside the mounted interface: reached, and by keys of the right scope only."""

from fastapi.testclient import TestClient

from adapters.rights import SCOPES
from app.desks import Desks
from tests.ui.web.api.conftest import ADMIN, make_world
from tests.ui.web.fake_desk import FakeDesk
from ui.web.server import create_app


def test_documents_are_reached_beside_the_interface_and_ask_for_their_scope(tmp_path):
    world = make_world(tmp_path)
    client = TestClient(create_app(world.product, service=world.service, desks=Desks(documents=FakeDesk())))
    for scope in SCOPES:
        _, key = world.service.people.add_key(ADMIN, "owner", scope, [scope])
        headers = {"Authorization": f"Bearer {key}"}
        assert (client.get("/api/v1/documents", headers=headers).status_code == 200) == (scope == "documents:read")
        removed = client.delete("/api/v1/documents/none", headers=headers).status_code
        assert (removed != 403) == (scope == "documents:write")
