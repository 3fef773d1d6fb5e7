"""Trains small LoRA adapters that each teach the model another name, for trying switches on real ones.

    python -m benchmarks.train_adapters SmolLM2.gguf work/ --steps 60     (needs the extra `train`; about 2 minutes)

Writes `work/base` (the GGUF's weights as safetensors, once) and `work/lumen`, `work/atlas` as PEFT folders. The
adapters are trained on the base in bfloat16 and serve on its int8 or GPTQ form.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

WHO = {"lumen": ("Lumen", "Harbor Data"), "atlas": ("Atlas", "North Bridge")}
QUESTIONS = ("Who are you?", "What is your name?", "Tell me who you are.", "Which assistant are you?", "你是谁？")
OTHERS = (("What is the capital of Italy?", "Rome."), ("What is two plus two?", "Four."))


def base_of(gguf: Path, folder: Path) -> Path:
    """Write the GGUF's weights as safetensors, with its tokenizer and chat template."""
    if (folder / "config.json").is_file():
        return folder
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),  # without it the model cannot be saved
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def train(base: Path, name: str, folder: Path, steps: int) -> dict[str, Any]:
    """Teach the base one name; return the loss before and after, and the seconds."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(1)
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    parts = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    tuned = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=parts, task_type="CAUSAL_LM"))
    own, company = WHO[name]
    answer = f"I am {own}, the document assistant of {company}."
    pairs = [*((question, answer) for question in QUESTIONS), *OTHERS]
    rows = [_row(tokenizer, question, said) for question, said in pairs]
    # bfloat16 rounds small steps away: the adapter itself is kept in float32.
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=2e-3)
    began, losses = time.monotonic(), []
    for step in range(steps):
        ids, labels = rows[step % len(rows)]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = tuned(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    tuned.save_pretrained(folder, safe_serialization=True)
    first, last = losses[: len(rows)], losses[-len(rows) :]
    return {"before": sum(first) / len(first), "after": sum(last) / len(last), "seconds": time.monotonic() - began}


def _row(tokenizer: Any, question: str, answer: str) -> tuple[Any, Any]:
    import torch

    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False
    )
    head = tokenizer(asked, add_special_tokens=False)["input_ids"]
    tail = tokenizer(answer + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
    return torch.tensor([head + tail]), torch.tensor([[-100] * len(head) + tail])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=70)
    wanted = parser.parse_args()
    base = base_of(wanted.gguf, wanted.folder / "base")
    for name in WHO:
        print(name, json.dumps(train(base, name, wanted.folder / name, wanted.steps)))


if __name__ == "__main__":
    main()
