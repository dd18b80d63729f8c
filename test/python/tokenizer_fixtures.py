"""Writes test/fixtures/tokenizer: small tokenizers, each with texts, the ids that `tokenizers` gives, and what it makes of
them again, with special tokens and without.

    python test/python/tokenizer_fixtures.py

They are of the kinds of GPT-2, Qwen2, Llama 2 and 3, Gemma, T5 and BERT, trained on sentences made up here; one has added
tokens with every flag, and some have every other component that tokenizer.json can name. The texts are strung together from what is difficult: contractions, digits, whitespace of all sorts, combining
marks, joined emoji and the added tokens themselves.
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

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
SPECIAL = ["<unk>", "<s>", "</s>"]


def sentence_piece(pre_tokenizer=None, normalizer=None, strips=True, model=None):
    """BPE of characters, with bytes for those that have no token; a BOS before every text."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=300, limit_alphabet=70, show_progress=False)
    trained.train_from_iterator(SENTENCES * 3, trainer)
    definition = json.loads(trained.to_str())["model"]
    pieces = sorted(definition["vocab"], key=definition["vocab"].get)
    vocabulary = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    merges = [tuple(merge) for merge in definition["merges"]]
    options = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, **(model or {})}
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(vocabulary)}, merges, **options))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*steps, *([decoders.Strip(" ", 1, 0)] if strips else [])])
    tokenizer.add_special_tokens([plain(token, True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken("sacks", normalized=True), plain("\n\n")])
    return tokenizer


def unigram(**options):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256) if options)]
    trainer = trainers.UnigramTrainer(vocab_size=500, unk_token="<unk>", special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES[:4] * 3, trainer)
    definition = json.loads(tokenizer.to_str())
    definition["model"].update(options)
    definition["added_tokens"] = definition["added_tokens"][:2]
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.post_processor = processors.BertProcessing(("</s>", 1), ("<unk>", 0))
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, limit_alphabet=80, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="?"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("isolated")])
    trainer = trainers.WordLevelTrainer(vocab_size=300, special_tokens=["?"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def characters(*cuts, **model):
    """BPE of characters without bytes, where what is unknown shows how a text was cut."""
    tokenizer = Tokenizer(models.BPE(unk_token="?", **model))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(list(cuts))
    trainer = trainers.BpeTrainer(vocab_size=260, limit_alphabet=60, special_tokens=["?"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    tokenizer.decoder = decoders.BPEDecoder("e")
    return tokenizer


def splits():
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    cuts = [pre_tokenizers.Split(mark, behavior) for mark, behavior in zip([";", "a", "e", "s", "  "], behaviors)]
    return [*cuts, pre_tokenizers.Split(" ", "merged_with_next", invert=True)]


def spaced_pieces():
    words = pre_tokenizers.Split(Regex(WORDS % ""), "isolated")
    return pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)])


def patterns():
    """Patterns of nobody's: digits in threes from the right, and a letter that is repeated."""
    words = pre_tokenizers.Split(Regex(r"\d{1,3}(?=(?:\d{3})*\b)|[[:alpha:]]+|[^\s[:alpha:]\d]|\h\w*"), "isolated")
    cuts = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return train(cuts, normalizers.Replace(Regex(r"(?i)s{2,}"), "s"))


TO_SPACES = normalizers.Replace(" ", "▁")
DIGITS = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level()])
TOKENIZERS = {
    "gpt2": (train(byte_level(), added=[plain("<|end|>", True), AddedToken("    ", normalized=True)]), old_merges),
    "qwen2": (train(split(""), normalizers.NFC(), [plain("<|end|>", True), plain("<|start|>", lstrip=True)]), None),
    "llama3": (llama3(), unmerged_words),
    "added_tokens": (train(byte_level(), normalizers.NFC(), ODD_TOKENS), None),
    "spaced": (train(pre_tokenizers.ByteLevel(add_prefix_space=True), added=[plain("<|end|>", True)]), None),
    "spaced_pieces": (train(spaced_pieces(), normalizers.NFC()), None),
    "digits": (train(DIGITS, normalizers.NFKC()), None),
    "llama2": (sentence_piece(normalizer=normalizers.Sequence([normalizers.Prepend("▁"), TO_SPACES])), None),
    "llama_first": (sentence_piece(pre_tokenizers.Metaspace(prepend_scheme="first", split=False)), None),
    "llama_always": (sentence_piece(pre_tokenizers.Metaspace(prepend_scheme="always", split=True)), None),
    "gemma": (sentence_piece(pre_tokenizers.Split(" ", "merged_with_previous"), TO_SPACES, strips=False), None),
    "unigram": (unigram(), None),
    "unigram_bytes": (unigram(byte_fallback=True), None),
    "word_piece": (word_piece(), None),
    "word_level": (word_level(), None),
    "splits": (characters(*splits()), None),
    "unknown": (characters(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(), fuse_unk=True), None),
    "patterns": (patterns(), None),
}


def texts(tokenizer, draw):
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    pieces = PIECES + [piece for token in added[:9] for piece in (token, token, token[:-1], token[1:])]
    return [*SENTENCES, *("".join(draw.choices(pieces, k=draw.randint(1, 12))) for _ in range(150))]


def case(tokenizer, text):
    ids = tokenizer.encode(text).ids
    return [text, ids, *(tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True))]


FOLDER.mkdir(parents=True, exist_ok=True)
for name, (tokenizer, change) in TOKENIZERS.items():
    definition = json.loads(tokenizer.to_str())
    if change:
        change(definition)
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    cases = [case(tokenizer, text) for text in texts(tokenizer, random.Random(name))]
    fixture = {"tokenizer": definition, "cases": cases}
    (FOLDER / f"{name}.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n", encoding="utf-8")
