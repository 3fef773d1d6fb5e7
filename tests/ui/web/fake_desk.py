"""A desk that keeps `app.desks.DocumentDesk` over a few documents of its own."""

from adapters.records import Asker


class FakeDesk:
    """Documents that live in this object."""

    def summary(self, asker: Asker) -> str:
        return "磁盘上 3 个文件 = 3 份文档"
