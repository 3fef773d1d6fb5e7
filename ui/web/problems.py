"""Errors as programs read them: RFC 9457 problem documents, titled in the language the request asks for.

Paths of the OpenAI-compatible interface get OpenAI's `error` object in the same document, which its clients read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from ui.text import preferred

_titles: dict[str, tuple[str, str]] = {
    "not-signed-in": (
        "需要登录或有效的 API 密钥",
        "Sign in, or send a valid API key as `Authorization: Bearer`",
    ),
    "not-allowed": ("没有权限", "Not allowed"),
    "not-found": ("没有找到", "Not found"),
    "no-method": ("不支持这种请求方法", "This path does not take that method"),
    "bad-input": ("请求内容有误", "The request cannot be used as it stands"),
    "conflict": ("请求冲突", "The request conflicts with an earlier one"),
    "too-many": ("请求过于频繁", "Too many requests"),
    "quota": ("今天的提问额度已用完", "Today's questions are used up"),
    "unavailable": ("服务暂时不可用", "Temporarily unavailable"),
    "defect": ("服务内部错误，已记录", "Something went wrong and was logged"),
}
_openai_kinds = {
    "not-signed-in": "authentication_error",
    "not-allowed": "permission_error",
    "too-many": "rate_limit_error",
    "quota": "insufficient_quota",
    "unavailable": "server_error",
    "defect": "server_error",
}


def problem(
    request: HTTPConnection,
    status: int,
    code: str,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Return a problem document; `detail` says what to do next, `members` are further facts a program may use."""
    chinese, english = _titles[code]
    language = preferred(request.headers.get("accept-language", "en"))
    title = chinese if language == "zh" else english
    body: dict[str, Any] = {"type": f"urn:zhiwen:problem:{code}", "title": title, "status": status}
    body |= {"detail": detail or title, **members}
    if request_id := request.scope.get("zhiwen.request_id"):
        body["request_id"] = request_id
    if request.scope["path"].startswith("/v1/"):
        kind = _openai_kinds.get(code, "invalid_request_error")
        body["error"] = {"message": body["detail"], "type": kind, "code": code, "param": members.get("param")}
    headers = {"Cache-Control": "no-store", "Content-Language": language, **(headers or {})}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
