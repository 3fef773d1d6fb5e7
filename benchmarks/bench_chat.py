"""Measures how fast chat model folders (or GGUF files) load, read and write, each in a process of its own.

    python benchmarks/bench_chat.py models/chat-0.5b models/chat-1.5b,prompt_lookup=true --json figures.json

A variant is a path with settings behind commas: `prompt_lookup=true`, `kv=f16`, `precision=f32`, `group=0`,
`cache=off` and so on. Variants take turns (`--rounds`), so that other load on the machine disturbs all alike; the
table shows the best of each figure, and the CPU seconds of all six answers. Answers are kept in the JSON: judge them,
speed is worth nothing without sense.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ENGLISH = (
    "You answer employees' questions from the company documents they are given. "
    "Answer in one or two complete sentences.",
    "Documents:\n{documents}\n\nQuestion: {question}",
    [
        "Travel policy. Employees who travel within the country may spend up to 120 euros per night on a hotel; in "
        "Paris and Munich the limit is 160 euros. Trains are booked in second class, and first class is allowed for "
        "journeys of more than four hours. Expense reports are handed in within 30 days after the trip, with all "
        "receipts. Reports handed in later need the written approval of the head of finance before they are paid.",
        "Remote work. After the probation period of six months employees may work from home on up to three days a "
        "week. The days are agreed with the team lead at the start of each month and entered in the calendar. Core "
        "hours are from 10:00 to 15:00, and during these hours everybody can be reached by chat and telephone. "
        "Working from abroad is limited to 20 days in a calendar year and must be requested four weeks ahead.",
        "Information security. Passwords have at least 14 characters and are changed once a year. Signing in to the "
        "mail system and to the customer database needs a second factor. A lost laptop or telephone is reported to "
        "the service desk within four hours, at any time of day. Customer data is never kept on private devices, and "
        "memory sticks are allowed only when they are encrypted and registered with the service desk.",
        "Leave. Every employee has 28 days of paid leave in a calendar year. Up to five days may be carried over and "
        "are taken by the end of March. Leave of more than ten days in a row is requested eight weeks ahead. Whoever "
        "falls ill tells the team lead before ten in the morning and hands in a doctor's note from the third day on.",
    ],
    [
        "How soon must I report a lost laptop, and to whom?",
        "What is the limit for a hotel night in Munich?",
        "How many days a week may I work from home?",
    ],
)
CHINESE = (
    "你根据公司文件回答员工的问题。用一两句完整的话回答。",
    "文件：\n{documents}\n\n问题：{question}",
    [
        "差旅制度。员工在国内出差，住宿标准为每晚不超过四百五十元；北京、上海、深圳三地每晚不超过六百元。"
        "火车票按二等座报销，行程超过四小时的可以乘坐一等座。出差结束后三十天内须提交报销单，并附上全部发"
        "票。逾期提交的报销单，须经财务负责人书面批准后方可支付。市内交通费凭票据实报销，每天不超过一百元"
        "。",
        "远程办公制度。员工在六个月试用期满后，每周可以在家办公不超过三天。在家办公的日期须在每月初与部门"
        "主管商定，并登记在日历中。核心工作时间为上午十点至下午三点，在此期间所有人须保持即时消息和电话畅"
        "通。在境外办公每个自然年不超过二十天，并须提前四周提出申请，由人事部审批。",
        "信息安全制度。密码长度不少于十四位，每年更换一次。登录邮件系统和客户数据库须使用双因素认证。笔记"
        "本电脑或手机丢失后，须在四小时内向服务台报告，任何时间都可以报告。客户数据不得保存在私人设备上；"
        "移动存储设备须经加密并在服务台登记后方可使用。违反规定的，由信息安全部门处理。",
        "休假制度。员工每个自然年享有二十八天带薪年假，最多可结转五天，结转的年假须在次年三月底前休完。连"
        "续休假超过十天的，须提前八周申请。因病不能上班的，须在当天上午十点前告知部门主管；病假从第三天起"
        "须提交医生证明。病假工资按照国家规定发放，连续病假超过六周的，由人事部与员工商定后续安排，并在三"
        "个工作日内书面通知部门主管。",
    ],
    ["电脑丢了要在多长时间内向谁报告？", "在上海出差，每晚住宿最多多少钱？", "每周可以在家办公几天？"],
)


def prompt(language: tuple[str, str, list[str], list[str]], question: int, mark: str) -> list[dict[str, str]]:
    """Return the messages; `mark` stands first so that two marks share no cached prefix."""
    system, user, documents, questions = language
    numbered = "\n".join(f"[{number}] {text}" for number, text in enumerate(documents, 1))
    text = user.format(documents=numbered, question=questions[question])
    return [{"role": "system", "content": f"{mark}{system}"}, {"role": "user", "content": text}]


def measure(path: str, settings: dict[str, str]) -> dict[str, Any]:
    """Load one variant and return its figures: seconds, tokens per second, GB."""
    import openvino_genai as genai

    scheduler = genai.SchedulerConfig()
    scheduler.cache_size, scheduler.enable_prefix_caching = 1, settings.get("cache") != "off"
    names = {"kv": "KV_CACHE_PRECISION", "precision": "INFERENCE_PRECISION_HINT", "keys": "KEY_CACHE_PRECISION"}
    properties: dict[str, Any] = {names[key]: value for key, value in settings.items() if key in names}
    if "group" in settings:
        properties["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = int(settings["group"])
    properties["INFERENCE_NUM_THREADS"] = int(settings.get("threads", "2"))
    if settings.get("hint"):
        properties["PERFORMANCE_HINT"] = settings["hint"]
    lookup = settings.get("prompt_lookup") == "true"
    if lookup:
        properties["prompt_lookup"] = True
    started = time.perf_counter()
    pipe = genai.LLMPipeline(path, "CPU", scheduler_config=scheduler, **properties)
    figures: dict[str, Any] = {"load_s": time.perf_counter() - started}
    after_load = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    config = genai.GenerationConfig(max_new_tokens=80)
    if lookup:
        config.num_assistant_tokens, config.max_ngram_size = int(settings.get("tokens", "5")), 3
    answers = []
    _run(pipe, config, genai.ChatHistory([{"role": "user", "content": "Hello"}]))  # first run allocates
    for name, language in (("en", ENGLISH), ("zh", CHINESE)):
        mark = f"{time.time_ns()} "
        for question in range(3):  # the first one reads the documents, the others find them cached
            run = _run(pipe, config, genai.ChatHistory(prompt(language, question, mark)))
            answers.append({"language": name, **run})
    fresh, again = answers[::3], [run for index, run in enumerate(answers) if index % 3]
    figures |= {
        "prompt_tokens": [run["prompt_tokens"] for run in fresh],
        "first_token_s": [run["first_s"] for run in fresh],
        "prefill_tokens_s": sum(run["prompt_tokens"] for run in fresh) / sum(run["first_s"] for run in fresh),
        "cached_first_token_s": sum(run["first_s"] for run in again) / len(again),
        "decode_tokens_s": max((run["tokens"] - 1) / run["rest_s"] for run in answers),
        "cpu_s": sum(run["cpu_s"] for run in answers),
        "loaded_gb": after_load,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "answers": answers,
    }
    return figures


def _run(pipe: Any, config: Any, history: Any) -> dict[str, Any]:
    import openvino_genai as genai

    first: list[float] = []

    def on_text(text: str) -> Any:
        if not first:
            first.append(time.perf_counter())
        return genai.StreamingStatus.RUNNING

    started, cpu = time.perf_counter(), time.process_time()
    result = pipe.generate(history, config, on_text)
    ended, cpu = time.perf_counter(), time.process_time() - cpu
    metrics = result.perf_metrics
    # The streamer holds text back until it is a whole word; the pipeline's own clock sees the token.
    waited = metrics.get_ttft().mean / 1000
    return {
        "text": result.texts[0],
        "prompt_tokens": metrics.get_num_input_tokens(),
        "tokens": metrics.get_num_generated_tokens(),
        "first_s": waited,
        "first_word_s": first[0] - started,
        "cpu_s": cpu,
        "rest_s": ended - started - waited,
    }


def _better(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return each figure from the round that was disturbed least for it."""
    merged = dict(one)
    for name in ("prefill_tokens_s", "decode_tokens_s"):
        merged[name] = max(one[name], other[name])
    for name in ("load_s", "cached_first_token_s", "cpu_s"):
        merged[name] = min(one[name], other[name])
    merged["first_token_s"] = [min(pair) for pair in zip(one["first_token_s"], other["first_token_s"], strict=True)]
    return merged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="+")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        path, *pairs = wanted.variants[0].split(",")
        print(json.dumps(measure(path, dict(pair.split("=") for pair in pairs))))
        return
    best: dict[str, dict[str, Any]] = {}
    for _ in range(wanted.rounds):
        for variant in wanted.variants:
            command = [sys.executable, __file__, "--one", variant]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{variant}: failed\n{done.stderr[-600:]}", file=sys.stderr)
                continue
            figures = json.loads(done.stdout.splitlines()[-1])
            best[variant] = _better(best.get(variant, figures), figures)
    print("| variant | load s | prefill tok/s | first token s | the same, cached | decode tok/s | cpu s | peak GB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for variant, row in best.items():
        first = " / ".join(f"{seconds:.1f}" for seconds in row["first_token_s"])
        print(
            f"| {variant} | {row['load_s']:.1f} | {row['prefill_tokens_s']:.0f} | {first} "
            f"| {row['cached_first_token_s']:.2f} | {row['decode_tokens_s']:.1f} | {row['cpu_s']:.0f} "
            f"| {row['peak_gb']:.1f} |"
        )
    if wanted.json:
        wanted.json.write_text(json.dumps(best, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
