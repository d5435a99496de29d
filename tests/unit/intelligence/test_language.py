import pytest

from ocma.intelligence.language import LANGUAGES, guess
from ocma.intelligence.text import read

TEXTS = {
    "en": "We are looking for somebody to join our office in Leeds.",
    "de": "Heute zeigen wir euch, wie man Brot ohne Hefe backt.",
    "fr": "Nous cherchons une personne pour notre bureau de Lyon.",
    "es": "Buscamos a una persona para nuestra oficina de Sevilla.",
    "pt": "Procuramos uma pessoa para o nosso escritório.",
    "it": "Cerchiamo una persona per il nostro ufficio di Torino.",
    "nl": "Wij zoeken een nieuwe collega voor ons kantoor in Utrecht.",
    "sv": "Vi söker en ny kollega till vårt kontor i Malmö.",
    "no": "Vi ser etter en ny kollega til kontoret vårt.",
    "pl": "Szukamy nowej osoby do naszego biura w Krakowie.",
    "tr": "İzmir ofisimiz için yeni bir arkadaş arıyoruz.",
    "ru": "Мы ищем нового коллегу в наш офис.",
    "uk": "Ми шукаємо нового колегу до нашого офісу.",
    "el": "Ψάχνουμε νέο συνάδελφο.",
    "ar": "نبحث عن زميل جديد لمكتبنا في القاهرة",
    "fa": "ما به دنبال همکار جدید هستیم.",
    "he": "אנחנו מחפשים עמית חדש למשרד שלנו.",
    "hi": "हम एक नए सहकर्मी की तलाश में हैं।",
    "ja": "新しい仲間を募集しています。",
    "zh": "我们正在招聘新同事。",
    "ko": "새로운 동료를 찾고 있습니다.",
    "th": "เรากำลังมองหาเพื่อนร่วมงานใหม่",
    "id": "Kami mencari rekan kerja baru di kantor kami.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_tells_its_language(language):
    assert guess(read(TEXTS[language])) == language


@pytest.mark.parametrize(
    "text", ["", "   ", "😀🎉", "12.30", "#launch #day", "https://example.org/hello/world", "lol", "New York", "hm"]
)
def test_too_little_tells_none(text):
    assert guess(read(text)) is None


def test_a_script_that_the_model_does_not_know_is_no_other_language():
    assert guess(read("გამარჯობა როგორ ხარ")) is None


def test_addresses_tags_and_names_do_not_count():
    text = "Wir freuen uns auf euch! https://example.org/the-best-thing-of-the-year @the_daily_news #the #and #of"

    assert guess(read(text)) == "de"


def test_what_is_told_is_an_iso_code():
    assert all(len(each) == 2 for each in LANGUAGES)
