"""A desk that keeps `app.desks.SearchDesk` with one result that can be worked out by eye."""

from adapters.errors import BadInput
from adapters.records import Asker, Chunk, KeptOut, Passage
from app.asked import Asked
from app.explain import Explained
from app.search import Found


def _passage(id: str, text: str, why: str = "", **scores: float) -> Passage:
    chunk = Chunk(id, id.split(":")[0], 0, text, text, 0, len(text), 0, len(text), "zh", ("第二章", "第五条"))
    return Passage(chunk, "人事/员工休假管理制度.md", "员工休假管理制度", 1, scores["fused"], text, scores, why=why)


class FakeSearchDesk:
    """Answers every question with two passages, for people it knows."""

    def explain(self, question: str, asker: Asker, as_user: str = "", k: int = 0) -> Explained:
        if as_user not in ("", "li.na"):
            raise BadInput(f"There is no account {as_user!r}.")
        passages = (
            _passage("a:1:4", "第五条 <b>年休假</b>为十天。", dense=0.62, lexical=8.4, fused=0.91, reranked=14.2),
            _passage(
                "a:1:0", "第一条 本制度所称年休假，是指带薪假期。", "defines 年休假", dense=0.4, lexical=0.0, fused=0.4
            ),
        )
        legs = {"dense": ("a:1:4",), "lexical": ("a:1:4",), "fused": ("a:1:4",), "reranked": ("a:1:4",)}
        asked = Asked(question.strip(), added=("带薪年休假",), corrected={"leav": "leave"})
        found = Found(passages, legs, {"embed": 8.1, "dense": 12.4, "rerank": 20.0}, asked)
        ranks = {"a:1:4": {"dense": 1, "lexical": 1, "fused": 1, "reranked": 1}}
        kept_out = (KeptOut("s:1:0", "人事/薪酬等级表.xlsx", "access"), KeptOut("o:1:0", "旧版.md", "validity"))
        return Explained(Asker(as_user or asker.user, frozenset({"staff"})), found, kept_out, ranks)
