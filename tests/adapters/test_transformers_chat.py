"""The engine for graphics cards, on a tiny random model: needs the extra `gpu` (its processor build will do)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.chat.transformers_chat import TransformersChat
from adapters.errors import EngineOverloaded, ModelCorrupt, ModelMissing
from adapters.records import Limits, Message, Prompt

PROMPT = Prompt((Message("system", "answer"), Message("user", "hello world")), "hello world")
TEMPLATE = "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}assistant"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Qwen2 of two layers with random weights and a tokenizer of bytes."""
    torch = pytest.importorskip("torch", reason="needs the extra `gpu`")
    transformers = pytest.importorskip("transformers", reason="needs the extra `gpu`")
    tokenizers = pytest.importorskip("tokenizers")
    torch.manual_seed(7)
    letters = tokenizers.pre_tokenizers.ByteLevel
    words = tokenizers.Tokenizer(tokenizers.models.BPE())
    words.pre_tokenizer, words.decoder = letters(add_prefix_space=False), tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=280, initial_alphabet=letters.alphabet())
    words.train_from_iterator(["system answer user hello world assistant"] * 4, trainer)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=words)
    fast.chat_template = TEMPLATE
    fast.save_pretrained(tmp_path)
    config = transformers.Qwen2Config(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=None,
        bos_token_id=None,
        pad_token_id=None,
    )
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_it_streams_and_leaving_early_frees_it_for_the_next(folder: Path) -> None:
    chat = TransformersChat(folder, context_tokens=200)
    assert not chat.ready()
    chat.load()
    first = chat.stream(PROMPT, limits=Limits(max_tokens=150))
    next(first)
    first.close()
    pieces = list(chat.stream(PROMPT, limits=Limits(max_tokens=5)))
    assert pieces and pieces == list(chat.stream(PROMPT, limits=Limits(max_tokens=5)))
    assert chat.count_tokens("hello world" * 20) > chat.count_tokens("hello world") > 0


@pytest.mark.slow
def test_what_is_too_long_is_refused_before_the_model_runs(folder: Path) -> None:
    chat = TransformersChat(folder, context_tokens=50)
    chat.load()
    with pytest.raises(EngineOverloaded, match=r"chat\.passage_tokens"):
        list(chat.stream(PROMPT, limits=Limits(max_tokens=60)))


@pytest.mark.slow
def test_weights_that_are_not_all_there_are_refused(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"num_hidden_layers": 3, "layer_types": None}))
    with pytest.raises(ModelCorrupt, match="lacks"):
        TransformersChat(folder).load()


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="zhiwen models pull"):
        TransformersChat(tmp_path).load()
