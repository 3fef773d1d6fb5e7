"""Every embedder keeps this promise, the fake and the real one alike.

The real one needs its weights in the folder `ZHIWEN_TEST_MODELS` names (`models` by default); absent ones are fetched.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from adapters.embedding.fake_embedder import FakeEmbedder
from adapters.embedding.onnx_embedder import OnnxEmbedder
from adapters.models.catalogue import read_catalogue
from adapters.models.fetch import fetch
from adapters.ports import Embedder

PASSAGES = [
    "员工每工作满一年，享有十五天带薪年假，可以分次休。",
    "The VPN password expires after 90 days.",
    "服务器",
    "Travel expenses are paid back within ten working days. " * 12,
    "报销单须附原始发票。" * 20,
    "",
]


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.slow)])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "fake":
        yield FakeEmbedder()
        return
    folder = Path(os.environ.get("ZHIWEN_TEST_MODELS", "models"))
    real = OnnxEmbedder(fetch(read_catalogue().find("multilingual-e5-small"), folder), threads=2)
    real.load()
    yield real


def test_vectors_are_float32_of_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(PASSAGES)
    assert vectors.shape == (len(PASSAGES), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
    query = embedder.embed_query("年假有几天？")
    assert query.shape == (embedder.dimensions,)
    assert query.dtype == np.float32
    assert np.linalg.norm(query) == pytest.approx(1.0, abs=1e-4)


def test_nothing_in_gives_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)


def test_the_order_of_texts_is_kept(embedder: Embedder) -> None:
    forward = embedder.embed_passages(PASSAGES)
    backward = embedder.embed_passages(PASSAGES[::-1])
    assert np.array_equal(forward, backward[::-1])


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    together = embedder.embed_passages(PASSAGES)
    alone = np.concatenate([embedder.embed_passages([text]) for text in PASSAGES])
    assert np.array_equal(together, alone)


def test_callers_on_several_threads_get_their_own_answers(embedder: Embedder) -> None:
    expected = [embedder.embed_query(text) for text in PASSAGES]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(embedder.embed_query, PASSAGES * 3))
    assert all(np.array_equal(answer, expected[index % len(PASSAGES)]) for index, answer in enumerate(answers))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t\u3000", id="white space"),
        pytest.param("\0" * 5000, id="NUL only"),
        pytest.param("\ufdfa" * 20_000, id="a character that unfolds to eighteen"),
        pytest.param("员工手册" * 2_500, id="10,000 characters"),
        pytest.param("a" * 10_000, id="one long word"),
        pytest.param("half of a pair: \ud83d", id="lone surrogate"),
        pytest.param("</s><pad><mask><s>", id="the model's own markers"),
    ],
)
@pytest.mark.timeout(20)
def test_odd_text_gets_a_vector_in_reasonable_time(embedder: Embedder, text: str) -> None:
    for vector in (embedder.embed_passages([text])[0], embedder.embed_query(text)):
        assert np.isfinite(vector).all()
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4)
    assert embedder.count_tokens(text) >= 0


def test_text_after_a_nul_is_still_read(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(["报销\0发票", "报销", "报销 发票"])
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1]


def test_a_related_pair_across_languages_is_nearer_than_an_unrelated_text_of_the_same_language(
    embedder: Embedder,
) -> None:
    question = embedder.embed_query("VPN 密码多少天过期？是 90 天吗？")
    related, unrelated = embedder.embed_passages([PASSAGES[1], "食堂每周三供应面条，午餐从十一点半开始。"])
    assert question @ related > question @ unrelated


def test_longer_text_has_more_tokens(embedder: Embedder) -> None:
    assert embedder.count_tokens("年假十五天") < embedder.count_tokens("年假十五天，可以分次休，不能累计到下一年。")


def test_the_id_names_one_way_of_making_vectors(embedder: Embedder) -> None:
    assert embedder.id == embedder.id
    assert ":" in embedder.id


@pytest.mark.slow
def test_another_centring_is_another_id_and_other_vectors() -> None:
    folder = fetch(read_catalogue().find("multilingual-e5-small"), Path(os.environ.get("ZHIWEN_TEST_MODELS", "models")))
    centred, plain = OnnxEmbedder(folder), OnnxEmbedder(folder, centring=None)
    assert centred.id != plain.id
    pair = ("年假有几天？", "How do I reset the router?")
    assert centred.embed_query(pair[0]) @ centred.embed_query(pair[1]) < 0.3
    assert plain.embed_query(pair[0]) @ plain.embed_query(pair[1]) > 0.6


@pytest.mark.slow
def test_the_end_of_a_passage_beyond_512_tokens_is_not_read() -> None:
    folder = fetch(read_catalogue().find("multilingual-e5-small"), Path(os.environ.get("ZHIWEN_TEST_MODELS", "models")))
    real = OnnxEmbedder(folder)
    long = "公司的差旅制度规定了标准。" * 200
    first, second = real.embed_passages([long + "结尾一", long + "另一个结尾"])
    assert np.array_equal(first, second)
