"""GPTQ for real, small: quantize, load through our engine, stream, switch adapters on top. Needs torch and gptqmodel.

CI without them skips this file; docs/models.md says how a job installs them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chat.lora import read_lora
from adapters.chat.transformers_chat import TransformersChat
from adapters.errors import BadInput
from adapters.records import Limits, Message, Prompt
from tests.adapters.chat.test_lora import write_adapter

PROMPT = Prompt((Message("user", "hello world"),), "hello world")
LIMITS = Limits(max_tokens=8)
MATRICES = {
    f"model.layers.{layer}.{part}": shape
    for layer in range(2)
    for part, shape in {"self_attn.q_proj": (128, 128), "self_attn.v_proj": (64, 128)}.items()
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A Qwen2 of two layers with random weights, and its GPTQ form at 4 bits."""
    torch = pytest.importorskip("torch", reason="needs torch")
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    pytest.importorskip("gptqmodel", reason="needs gptqmodel", exc_type=ImportError)
    from adapters.models.gptq import quantize_gptq

    base = tmp_path_factory.mktemp("base")
    letters = pytest.importorskip("tokenizers").pre_tokenizers.ByteLevel
    from tokenizers import Tokenizer, decoders, models, trainers

    words = Tokenizer(models.BPE())
    words.pre_tokenizer, words.decoder = letters(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=280, initial_alphabet=letters.alphabet())
    words.train_from_iterator(["system answer user hello world assistant"] * 4, trainer)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=words, pad_token="!")
    fast.chat_template = "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}assistant"
    fast.save_pretrained(base)
    torch.manual_seed(7)
    config = transformers.Qwen2Config(
        vocab_size=288,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=None,
        bos_token_id=None,
        pad_token_id=None,
    )
    transformers.AutoModelForCausalLM.from_config(config).to(torch.bfloat16).save_pretrained(base)
    out = tmp_path_factory.mktemp("made") / "gptq"
    quantize_gptq(base, out, ["hello world answer user " * 20] * 8, bits=4, group=32)
    return base, out


@pytest.fixture(scope="module")
def chat(folders: tuple[Path, Path]) -> TransformersChat:
    model = TransformersChat(folders[1], context_tokens=200)
    model.load()
    return model


def said(chat: TransformersChat, adapter: str | None = None) -> str:
    return "".join(chat.stream(PROMPT, adapter, LIMITS))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_gptq_model_made_here_streams_and_switches_adapters(chat: TransformersChat, tmp_path: Path):
    base = said(chat)
    assert base == said(chat)
    for number, name in enumerate(("legal", "staff"), 1):
        about = chat.attach(name, write_adapter(tmp_path / name, seed=number, model=MATRICES))
        assert about["rank"] == read_lora(tmp_path / name).rank
    answers = {name: said(chat, name) for name in (None, "legal", "staff")}
    assert answers[None] == base and len(set(answers.values())) == 3
    for name in ("staff", None, "legal", "staff"):
        assert said(chat, name) == answers[name]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_gptq_model_refuses_an_adapter_that_does_nothing_or_does_not_fit(chat: TransformersChat, tmp_path: Path):
    with pytest.raises(BadInput, match="changes nothing"):
        chat.attach("idle", write_adapter(tmp_path / "idle", model=MATRICES, size=0.0))
    with pytest.raises(BadInput, match="another size"):
        chat.attach("large", write_adapter(tmp_path / "large", model={next(iter(MATRICES)): (256, 256)}))
    chat.attach("brief", write_adapter(tmp_path / "brief", seed=3, model=MATRICES))
    chat.detach("brief")
    with pytest.raises(BadInput, match="no adapter 'brief'"):
        said(chat, "brief")
    assert said(chat)
