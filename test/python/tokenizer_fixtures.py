"""Writes test/fixtures/tokenizer: small byte-level BPE tokenizers, each with texts and the ids that `tokenizers` gives.

    python test/python/tokenizer_fixtures.py

They are of the kinds of GPT-2, Qwen2 and Llama 3, trained on sentences made up here, and one has added tokens with every
flag. The texts are strung together from what is difficult: contractions, digits, whitespace of all sorts, combining
marks, joined emoji and the added tokens themselves.
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = Path(__file__).parent.parent / "fixtures" / "tokenizer"

SENTENCES = [
    "The miller's daughter didn't know that they'd counted 1024 sacks of wheat in 1987; she'll ask again tomorrow.",
    "WE'RE LATE! I'm sure you've seen the 3,141 boats -- or was it 2.718?",
    "  def weigh(sacks):\n    return sum(s.mass for s in sacks)  # grams\n\n\n",
    "Où est la clé ? Près de l'étang, à côté du vieux chêne.\r\n",
    "Мельник ждал дождя семь дней.\tЗерно сохло.",
    "磨坊主等了七天的雨。麦子都干了！",
    "제분업자는 이레 동안 비를 기다렸다.",
    "Old books have ſacks: ſacks of corn, ſacks of rye.",
    "🌾🌾 👩‍🌾 ☔️ → ∑ x² ≤ ½",
]
PIECES = [
    *["a", "the", "sacks", "WHEAT", "don", "'", "'s", "'S", "'ſ", "'ſacks", "'t", "'ll", "'L", "L", "'re", "'VE", "’s"],
    *["1", "12", "12345", "٣", "²", "½", " ", " ", " ", "  ", "    ", "\n", "\n\n", "\r\n", "\t", "\v"],
    *["\u00a0", "\u0085", "\u2028", "\u3000", "\u200b", "\ufeff", "\x00", "\x1c", ".", "...", "!?", "_", "-", "$"],
    *["é", "e\u0301", "\u0301", "\u0323\u0307", "한", "ᄒ", "ᅡ", "ᆫ", "麦子", "。", "Зерно", "ß", "ﬁ", "\u212b", "İ"],
    *["👩\u200d🌾", "☔\ufe0f", "🇫🇷", "\U00010348", "𝒳", "\U0010ffff", "\ufffd"],
]
WORDS = (
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}%s| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
    "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)


def plain(content, special=False, **flags):
    return AddedToken(content, special=special, **{"normalized": False, **flags})


def byte_level():
    return pre_tokenizers.ByteLevel(add_prefix_space=False)


def split(digits):
    words = pre_tokenizers.Split(Regex(WORDS % digits), "isolated")
    return pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(pre_tokenizer, normalizer=None, added=()):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


def old_merges(definition):
    definition["model"]["merges"] = [" ".join(merge) for merge in definition["model"]["merges"]]


def unmerged_words(definition):
    """Leaves words in the vocabulary that no merge makes any more, which `ignore_merges` finds all the same."""
    definition["model"]["ignore_merges"] = True
    definition["model"]["merges"] = definition["model"]["merges"][:-40]


def llama3():
    tokenizer = train(split("{1,3}"), added=[plain("<|begin|>", True), plain("<|end|>", True)])
    begin = ("<|begin|>", tokenizer.token_to_id("<|begin|>"))
    template = processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[begin])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


ODD_TOKENS = [
    plain("<mask>", True, lstrip=True, rstrip=True),
    plain("<left>", lstrip=True),
    plain("<right>", rstrip=True),
    plain("sack", single_word=True),
    plain("sacks of"),
    plain("   "),
    AddedToken("cle\u0301", normalized=True),
    AddedToken("cl", normalized=True, single_word=True),
]
TOKENIZERS = {
    "gpt2": (train(byte_level(), added=[plain("<|end|>", True), AddedToken("    ", normalized=True)]), old_merges),
    "qwen2": (train(split(""), normalizers.NFC(), [plain("<|end|>", True), plain("<|start|>", lstrip=True)]), None),
    "llama3": (llama3(), unmerged_words),
    "added_tokens": (train(byte_level(), normalizers.NFC(), ODD_TOKENS), None),
}


def texts(tokenizer, draw):
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    pieces = PIECES + [piece for token in added for piece in (token, token, token[:-1], token[1:])]
    return [*SENTENCES, *("".join(draw.choices(pieces, k=draw.randint(1, 12))) for _ in range(300))]


FOLDER.mkdir(parents=True, exist_ok=True)
for name, (tokenizer, change) in TOKENIZERS.items():
    definition = json.loads(tokenizer.to_str())
    if change:
        change(definition)
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    cases = [[text, tokenizer.encode(text).ids] for text in texts(tokenizer, random.Random(name))]
    fixture = {"tokenizer": definition, "cases": cases}
    (FOLDER / f"{name}.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n", encoding="utf-8")
