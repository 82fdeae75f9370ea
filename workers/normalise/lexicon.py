"""What wire copy says in each language: month names, small words, credit lines, series words. Data only.

A language is one more entry in each table that it needs; no code changes.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pipeline.model import Signal


def words(listed: str) -> frozenset[str]:
    """Give the words of a list that is written as a text."""
    return frozenset(listed.split())


#: language → names of the twelve months, each with the short forms that datelines use
_MONTHS = {
    "en": (
        "january jan",
        "february feb",
        "march mar",
        "april apr",
        "may",
        "june jun",
        "july jul",
        "august aug",
        "september sept sep",
        "october oct",
        "november nov",
        "december dec",
    ),
    "fr": (
        "janvier janv",
        "février fevrier févr fevr fév",
        "mars",
        "avril avr",
        "mai",
        "juin",
        "juillet juil",
        "août aout",
        "septembre sept",
        "octobre oct",
        "novembre nov",
        "décembre decembre déc",
    ),
    "de": (
        "januar jänner",
        "februar feber",
        "märz maerz mrz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober okt",
        "november",
        "dezember dez",
    ),
    "es": (
        "enero ene",
        "febrero",
        "marzo",
        "abril abr",
        "mayo",
        "junio",
        "julio",
        "agosto ago",
        "septiembre setiembre",
        "octubre",
        "noviembre",
        "diciembre dic",
    ),
}
#: name or short form of a month, lower case → 1 to 12
MONTHS = MappingProxyType(
    {name: 1 + n for names in _MONTHS.values() for n, forms in enumerate(names) for name in forms.split()}
)
#: days of the week: never the place of a dateline
WEEKDAYS = words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat "
    "sun lundi mardi mercredi jeudi vendredi samedi dimanche montag dienstag mittwoch donnerstag "
    "freitag samstag sonnabend sonntag lunes martes miércoles jueves viernes sábado domingo"
)
#: words that open a text with a date and are no place: "Election Day, November 3 -", "By A. Writer, May 2 -"
NEVER_PLACE = WEEKDAYS | words(
    "by par von por update updated posted published publié corrected correction day eve week year "
    "night morning evening jour veille tag abend día noche summary factbox timeline analysis photo "
    "file"
)
#: words that open a sentence with a place and a date: "In Paris, May 3 - a day of strikes -"
NEVER_FIRST = words(
    "in at on after since before during from to until en à dans depuis après avant im seit nach vor desde"
)
#: words before a date: "le 3 mai", "on May 3"
BEFORE_DATE = ("le", "on", "am", "den", "el", "ce")
#: words between day and month: "3 de mayo"
INSIDE_DATE = ("de", "of")

#: written small inside a place's name
PARTICLES = words(
    "a am an and au aux d da das de del della der des di do dos du e el en es et la las le les lès "
    "los of on par près saint-sur sous sur the upon y zu"
)

#: agencies that a dateline may name without a date beside them; names that are also words are left out
AGENCIES = frozenset(
    """
    reuters|reuter|thomson reuters|thomson reuters foundation|ap|associated press|the associated press|afp
    agence france-presse|upi|united press international|dpa|efe|agencia efe|ansa|xinhua|tass|itar-tass
    interfax|ria novosti|kyodo|kyodo news|jiji|jiji press|yonhap|pti|ani|ians|aap|the canadian press
    la presse canadienne|presse canadienne|ats|keystone-ats|keystone-sda|sda|apa|belga|anp|lusa|ntb|ritzau
    stt|pap|čtk|ctk|mti|agerpres|tanjug|hina|anadolu|anadolu agency|irna|isna|tasnim|kuna|bernama|antara
    pa media|press association|bloomberg|dow jones|bno news|rfe/rl|ukrinform|pajhwok|pajhwok afghan news
    europa press|notimex|télam|telam|agência brasil|prensa latina|adnkronos|askanews|agi|awp|afx|sid
    pr newswire|prnewswire|business wire|globe newswire|globenewswire|accesswire|inter press service
    """.strip()
    .replace("\n", "|")
    .replace("    ", "")
    .split("|")
)
#: a name with one of these words is an agency's, known or not
AGENCY_WORDS = words(
    "press presse prensa news nouvelles nachrichten noticias agency agence agentur agencia newswire "
    "wire presseagentur telegraph media dispatch"
)

#: words that open a byline
BYLINE_WORDS = ("by", "par", "von", "por")
#: between the names of a byline
BYLINE_AND = ("and", "et", "und", "y", "with", "avec", "mit", "con")


class Role(StrEnum):
    """What a person or bureau did for a text: the fields of Credit."""

    REPORTING = "reporting"
    WRITING = "writing"
    EDITING = "editing"
    BUREAU = "bureau"
    TRANSLATOR = "translator"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditWords:
    """Words of a credit line that say what those who follow did."""

    #: a regular expression without groups, matched without regard to case
    pattern: str
    roles: tuple[Role, ...]
    #: it may open a credit line; False: only what follows shows that it is one
    opens: bool = True


#: language → in order: of two that fit at one place, the first counts
CREDIT_WORDS = MappingProxyType(
    {
        "en": (
            CreditWords(pattern=r"reporting and writing by", roles=(Role.REPORTING, Role.WRITING)),
            CreditWords(pattern=r"writing and reporting by", roles=(Role.REPORTING, Role.WRITING)),
            CreditWords(pattern=r"writing and editing by", roles=(Role.WRITING, Role.EDITING)),
            CreditWords(pattern=r"reporting and editing by", roles=(Role.REPORTING, Role.EDITING)),
            CreditWords(
                pattern=r"(?:additional |further )?(?:reporting|report) (?:by|from)", roles=(Role.REPORTING,)
            ),
            CreditWords(pattern=r"(?:written|writing|compiled) by", roles=(Role.WRITING,)),
            CreditWords(pattern=r"(?:edited|editing) by", roles=(Role.EDITING,)),
            CreditWords(pattern=r"(?:translated|translation|english version) by", roles=(Role.TRANSLATOR,)),
        ),
        "fr": (
            CreditWords(pattern=r"(?:avec la )?contribution (?:de|d['’])", roles=(Role.REPORTING,)),
            CreditWords(
                pattern=r"reportages?(?: complémentaires?)?(?: réalisés?)?(?: (?:par|de|d['’]))?",
                roles=(Role.REPORTING,),
            ),
            CreditWords(pattern=r"(?:rédigée?|écrite?|rédaction)(?: (?:par|de))?", roles=(Role.WRITING,)),
            CreditWords(
                pattern=r"(?:éditée?s?|édition|edition|editée?|relue?)(?: (?:par|de))?", roles=(Role.EDITING,)
            ),
            CreditWords(
                pattern=r"(?:version française|traduction|traduite?s?)(?: (?:par|de))?",
                roles=(Role.TRANSLATOR,),
            ),
            CreditWords(
                pattern=r"(?:du |le |avec le )?bureau (?:de|d['’]|du)", roles=(Role.BUREAU,), opens=False
            ),
            CreditWords(pattern=r"avec", roles=(Role.REPORTING,), opens=False),
        ),
    }
)
#: a bureau named after its place: "the Kabul bureau"
BUREAU_WORDS = ("bureau", "newsroom")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWord:
    """A word before a headline that says what this version is in the life of its story."""

    word: str
    signal: Signal
    #: "Update: …" in small letters counts too; False: capitals only, for the word also begins plain headlines
    any_case: bool = False


#: the common ones; no word here stops an item from being used
SERIES_WORDS = (
    SeriesWord(word="UPDATE", signal=Signal.UPDATE, any_case=True),
    SeriesWord(word="UPDATED", signal=Signal.UPDATE),
    SeriesWord(word="WRAPUP", signal=Signal.UPDATE),
    SeriesWord(word="RECAP", signal=Signal.UPDATE),
    SeriesWord(word="ACTUALISATION", signal=Signal.UPDATE, any_case=True),
    SeriesWord(word="ACTUALISÉ", signal=Signal.UPDATE),
    SeriesWord(word="MISE À JOUR", signal=Signal.UPDATE),
    SeriesWord(word="MISE A JOUR", signal=Signal.UPDATE),
    SeriesWord(word="LEAD", signal=Signal.UPDATE),
    SeriesWord(word="CORRECTED", signal=Signal.CORRECTION, any_case=True),
    SeriesWord(word="CORRECTION", signal=Signal.CORRECTION, any_case=True),
    SeriesWord(word="CORRECTS", signal=Signal.CORRECTION),
    SeriesWord(word="RECTIFICATION", signal=Signal.CORRECTION, any_case=True),
    SeriesWord(word="RECTIFICATIF", signal=Signal.CORRECTION, any_case=True),
    SeriesWord(word="CORRIGÉ", signal=Signal.CORRECTION),
    SeriesWord(word="CORRIGE", signal=Signal.CORRECTION),
    SeriesWord(word="REFILE", signal=Signal.REFILE),
    SeriesWord(word="RPT", signal=Signal.REFILE),
    SeriesWord(word="REPEAT", signal=Signal.REFILE),
    SeriesWord(word="WRITETHRU", signal=Signal.WRITETHRU),
    SeriesWord(word="URGENT", signal=Signal.ALERT),
    SeriesWord(word="ALERT", signal=Signal.ALERT),
    SeriesWord(word="ALERTE", signal=Signal.ALERT),
    SeriesWord(word="FLASH", signal=Signal.ALERT),
    SeriesWord(word="ADVISORY", signal=Signal.ADVISORY),
)

#: what senders write → IPTC publishing status
PUB_STATUS = MappingProxyType(
    {
        "usable": "usable",
        "withheld": "withheld",
        "canceled": "canceled",
        "cancelled": "canceled",
        "killed": "canceled",
        "kill": "canceled",
    }
)

#: zones by name → minutes east of UTC
ZONES = MappingProxyType(
    {
        name: minutes
        for minutes, names in (
            (0, "Z UT UTC GMT WET"),
            (-300, "EST CDT"),
            (-240, "EDT"),
            (-360, "CST MDT"),
            (-420, "MST PDT"),
            (-480, "PST"),
            (60, "BST WEST CET"),
            (120, "CEST EET"),
            (180, "EEST MSK"),
            (270, "AFT"),
            (300, "PKT"),
            (480, "HKT SGT"),
            (540, "JST KST"),
            (600, "AEST"),
            (660, "AEDT"),
            (720, "NZST"),
            (780, "NZDT"),
        )
        for name in names.split()
    }
)
