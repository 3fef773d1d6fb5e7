"""Run the page with the fake product, for work on its looks: `python -m tests.ui.web [port] [ready|loading|failed]`."""

import sys

from app.desks import Desks
from tests.ui.web.fake_desk import FakeDesk
from tests.ui.web.fake_product import FakeProduct
from tests.ui.web.fake_review import FakeReviewDesk
from tests.ui.web.fake_search import FakeSearchDesk
from ui.web.server import serve

port = int(sys.argv[1]) if len(sys.argv) > 1 else 7861
state = sys.argv[2] if len(sys.argv) > 2 else "ready"
print("Names and passwords: li.na / correct horse, zhao.min / purple lantern (documents), root / orange bicycle")
DESKS = Desks(documents=FakeDesk(), search=FakeSearchDesk(), moderation=FakeReviewDesk())
product = FakeProduct(pause=0.06, chat_state=state)
serve(product, "127.0.0.1", port, lambda address: print("Ready", address, flush=True), DESKS)
