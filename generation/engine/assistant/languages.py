"""Commands in six other languages, word by word in English; the subject stays as it is."""

import re
from itertools import islice
from typing import Final

from generation.engine.synonyms import words_of

WORD: Final = re.compile(r"\d{1,2}:\d{1,2}|[^\W_]+(?:['\u2019-][^\W_]+)*")
REACH: Final = 12  # words: a command stands at the beginning
FEW: Final = 3
CONNECTORS: Final = frozenset({"for", "of", "about"})

# English: the words for it. What English writes alike ("video", "prompt") needs no entry.
_COMMANDS: Final = {
    "de": {
        "make": "mach mache erstelle erzeuge generiere", "draw": "male zeichne",
        "write": "schreib schreibe", "give": "gib", "show": "zeig zeige", "me": "mir",
        "please": "bitte", "a": "ein eine einen einem einer", "image": "bild", "photo": "foto",
        "better": "bessere besseren besser", "improve": "verbessere", "titles": "titel",
        "headlines": "überschrift überschriften", "ad": "anzeige werbung werbeanzeige",
        "ad copy": "werbetext anzeigentext", "caption": "bildunterschrift",
        "script": "drehbuch skript", "for": "für", "of": "von", "about": "über",
        "cost": "kostet kosten preis preise", "credits": "guthaben", "how": "wie", "much": "viel",
        "many": "viele", "can": "kann", "i": "ich", "delete": "löschen lösche",
        "help": "hilfe", "hello": "hallo moin servus", "thanks": "danke", "shorter": "kürzer",
        "again": "nochmal", "another": "andere anderes anderen", "refund": "rückerstattung",
        "ideas": "ideen", "thumbnail": "vorschaubild",
    },
    "fr": {
        "make": "fais faites", "create": "crée créer créez génère",
        "draw": "dessine", "write": "écris écrivez", "give": "donne donnez",
        "show": "montre", "me": "moi", "a": "un une", "better": "meilleur meilleure",
        "improve": "améliore", "titles": "titre titres", "captions": "légende légendes",
        "ad": "annonce publicité pub", "script": "scénario", "for": "pour",
        "of": "de d'un d'une d\u2019un d\u2019une",
        "about": "sur", "cost": "coûte coûtent prix",
        "how much": "combien", "credits": "crédits", "how": "comment", "delete": "supprimer",
        "help": "aide", "hello": "bonjour salut", "thanks": "merci", "shorter": "court courte",
        "again": "encore", "another": "autre autres", "refund": "remboursement",
        "ideas": "idées", "thumbnail": "miniature vignette",
    },
    "es": {
        "make": "haz hazme", "create": "crea crear genera", "draw": "dibuja", "write": "escribe",
        "give": "dame", "show": "muéstrame", "please": "favor", "a": "un una", "image": "imagen",
        "photo": "foto", "better": "mejor", "improve": "mejora", "titles": "título títulos",
        "ad": "anuncio publicidad", "script": "guion guión", "for": "para", "of": "de",
        "about": "sobre", "cost": "precio precios cuesta cuestan", "how much": "cuánto",
        "how many": "cuántos cuántas", "credits": "créditos", "how": "cómo",
        "delete": "borrar eliminar", "help": "ayuda", "hello": "hola", "thanks": "gracias",
        "shorter": "corto corta", "another": "otro otra", "refund": "reembolso",
        "thumbnail": "miniatura",
    },
    "it": {
        "make": "fai fammi", "create": "crea creare genera", "draw": "disegna", "write": "scrivi",
        "give": "dammi", "show": "mostrami", "a": "un una uno", "image": "immagine",
        "photo": "foto", "better": "migliore", "improve": "migliora", "titles": "titolo titoli",
        "captions": "didascalia didascalie", "ad": "annuncio pubblicità",
        "script": "sceneggiatura copione", "for": "per", "of": "di", "about": "su",
        "cost": "prezzo prezzi costa costano", "how much": "quanto", "how many": "quanti quante",
        "credits": "crediti", "how": "come", "delete": "cancellare eliminare", "help": "aiuto",
        "hello": "ciao buongiorno", "thanks": "grazie", "shorter": "breve corto",
        "again": "ancora", "another": "altro altra", "refund": "rimborso", "ideas": "idee",
        "thumbnail": "miniatura",
    },
    "pt": {
        "make": "faça faz", "create": "crie criar gere", "draw": "desenhe", "write": "escreva",
        "give": "dê", "show": "mostre", "a": "um uma", "image": "imagem", "photo": "foto",
        "better": "melhor", "improve": "melhore", "titles": "título títulos",
        "captions": "legenda legendas", "ad": "anúncio publicidade", "script": "roteiro",
        "for": "para", "of": "de", "about": "sobre", "cost": "preço preços custa custam",
        "how much": "quanto", "how many": "quantos quantas", "credits": "créditos",
        "how": "como", "delete": "apagar excluir", "help": "ajuda", "hello": "olá oi",
        "thanks": "obrigado obrigada", "shorter": "curto curta", "another": "outro outra",
        "refund": "reembolso", "ideas": "ideias", "thumbnail": "miniatura",
    },
    "pl": {
        "make": "zrób", "create": "stwórz wygeneruj utwórz", "draw": "narysuj",
        "write": "napisz", "give": "daj", "show": "pokaż", "me": "mi", "please": "proszę",
        "image": "obraz obrazek", "photo": "zdjęcie", "better": "lepszy lepsze",
        "improve": "popraw ulepsz", "titles": "tytuł tytuły",
        "headlines": "nagłówek nagłówki", "captions": "podpis podpisy",
        "ad": "reklama reklamę", "script": "scenariusz", "for": "dla", "about": "o",
        "cost": "cena ceny kosztuje kosztują", "how much": "ile",
        "credits": "kredyty kredytów", "how": "jak", "delete": "usunąć", "help": "pomoc",
        "hello": "cześć", "thanks": "dzięki dziękuję", "shorter": "krótszy krócej",
        "another": "inny inne", "refund": "zwrot", "ideas": "pomysły",
        "thumbnail": "miniatura miniaturę",
    },
}  # fmt: skip
COMMANDS: Final = {
    language: {word: english for english, words in table.items() for word in words.split()}
    for language, table in _COMMANDS.items()
}
# These are English as well, or names: alone they tell no language.
UNTELLING: Final = words_of("me a de come male o per fai favor pub mi su un")
NOTES: Final = {
    "de": "Ich verstehe den Auftrag, antworte aber auf Englisch; Motive bitte auch auf Englisch.",
    "fr": "Je comprends la demande, mais je réponds en anglais ; le sujet aussi en anglais, svp.",
    "es": "Entiendo el encargo, pero respondo en inglés; describe el motivo también en inglés.",
    "it": "Capisco la richiesta, ma rispondo in inglese; descrivi anche il soggetto in inglese.",
    "pt": "Entendo o pedido, mas respondo em inglês; descreva também o tema em inglês.",
    "pl": "Rozumiem polecenie, ale odpowiadam po angielsku; opisz też motyw po angielsku.",
}


def in_english(text: str) -> tuple[str, str]:
    """The text with its command in English, and the language that it was in; "" for English."""
    head = [match.group().casefold() for match in islice(WORD.finditer(text), REACH)]
    told = {
        language: sum(word in table and word not in UNTELLING for word in head)
        for language, table in COMMANDS.items()
    }
    language = max(told, key=lambda one: told[one])
    if told[language] < (1 if len(head) <= FEW else 2):
        return text, ""
    return _translated(text, COMMANDS[language]), language


def _translated(text: str, table: dict[str, str]) -> str:
    """Up to the word that leads to what is asked for: the rest is the person's own."""
    parts, end, is_led = [], 0, False
    for match in islice(WORD.finditer(text), REACH):
        english = table.get(match.group().casefold())
        if is_led and english != "a":
            break
        said = "" if is_led else english or match.group()
        parts += [text[end : match.start()], said]
        end, is_led = match.end(), english in CONNECTORS
    return "".join(parts) + text[end:]
