"""What the retrieval test page says."""

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "manage.search": ("检索测试", "Search test"),
    "try.lead": (
        "与对话使用同一条检索路径，显示每一步的得分，以及权限与有效期过滤掉了什么。",
        "The chat's own search, with every score and what access and validity left out.",
    ),
    "try.question": ("问题", "Question"),
    "try.as": ("以谁的身份（留空为自己）", "As whom (empty: yourself)"),
    "try.go": ("检索", "Search"),
    "try.idle": ("输入问题后点击检索。", "Write a question and search."),
    "try.who": ("检索身份", "Searched as"),
    "try.searched": ("检索内容", "Searched for"),
    "try.added": ("同义补充", "Words added"),
    "try.corrected": ("拼写更正", "Spelling"),
    "try.parts": ("拆分为", "Split into"),
    "try.found": ("命中段落", "Passages"),
    "try.none": ("没有找到任何段落。", "No passage was found."),
    "try.place": ("名次", "Rank"),
    "try.order": ("排序分", "Order"),
    "try.fused": ("融合", "Fused"),
    "try.dense": ("语义", "Meaning"),
    "try.words": ("词面", "Words"),
    "try.passage": ("文档与段落", "Document and passage"),
    "try.why": ("带入原因", "Brought in because"),
    "try.why.continues": ("承接最佳段落", "it continues the best passage"),
    "try.why.defines": ("给出定义：", "it defines "),
    "try.why.cited": ("被最佳段落引用：", "the best passages cite it: "),
    "try.removed": ("被过滤的候选", "Candidates left out"),
    "try.removed.none": ("没有候选被过滤。", "Nothing was left out."),
    "try.rule.access": ("无权阅读", "may not be read"),
    "try.rule.validity": ("不在有效期", "not in force"),
    "try.rule.version": ("不是当前版本", "not the current version"),
    "try.pieces": ("{n} 段", "passages: {n}"),
    "try.times": ("各步用时（毫秒）", "Time per stage (ms)"),
}
