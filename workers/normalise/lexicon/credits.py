"""The words of credit lines: who reported, wrote, edited and translated a text. Data only.

A language is one more entry in CREDIT_WORDS; no code changes.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from workers.normalise.lexicon.words import any_of


class Role(StrEnum):
    """What a person or bureau did for a text: the fields of Credit."""

    REPORTING = "reporting"
    WRITING = "writing"
    EDITING = "editing"
    BUREAU = "bureau"
    TRANSLATOR = "translator"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditWords:
    """Words of a credit line that say what somebody did."""

    #: a regular expression without groups, matched without regard to case
    pattern: str
    roles: tuple[Role, ...]
    #: it may open a credit line; False: only a name after it, or what follows, shows that it is one
    opens: bool = True
    #: the names stand before it: "Anne Exemple pour le reportage"
    after_names: bool = False


def _words(*roles: Role, opens: bool = True, after_names: bool = False, pattern: str) -> CreditWords:
    return CreditWords(pattern=any_of(pattern), roles=roles, opens=opens, after_names=after_names)


_R, _W, _E, _B, _T = Role.REPORTING, Role.WRITING, Role.EDITING, Role.BUREAU, Role.TRANSLATOR

#: language → in order: of two that fit at one place, the first counts
CREDIT_WORDS = MappingProxyType(
    {
        "en": (
            _words(_R, _W, pattern=r"reporting(?: and|,) writing by"),
            _words(_R, _W, pattern=r"writing and (?:additional )?reporting by"),
            _words(_W, _E, pattern=r"writing and editing by"),
            _words(_R, _E, pattern=r"reporting and editing by"),
            _words(
                _R,
                pattern=r"""(?:(?:additional|further|other|with|extra) )*(?:reporting|report) (?:by|from)
                    reported by""",
            ),
            _words(_R, pattern=r"with (?:assistance|help|contributions?) (?:from|by)"),
            _words(
                _R,
                after_names=True,
                pattern=r"(?:also )?contributed(?: reporting)?(?: to (?:this|the) (?:report|story|article))?",
            ),
            _words(_R, pattern=r"with (?:files|reporting|reports) (?:from|by)"),
            _words(_W, pattern=r"(?:re)?(?:written|writing|compiled|compiling) by"),
            _words(
                _R,
                after_names=True,
                pattern=r"reported from (?-i:[A-Z])[\w.,'’ -]{2,40}?(?=\.?$|\.\s[A-Z])",
            ),
            _words(
                _R,
                pattern=r"(?:(?:video|photo|web|staff|local) )?(?:reporters?|correspondents?|journalists?):",
            ),
            _words(_W, pattern=r"writers?:"),
            _words(
                _E, pattern=r"(?:edited|editing|copy-?editing) by|(?:(?:video|photo|web|copy) )?editors?:"
            ),
            _words(
                _T,
                pattern=r"translat(?:ed|ion|ing)(?: from [\w ,]{3,30})? by|english version by|translators?:",
            ),
            _words(_R, opens=False, pattern=r"reporting"),
            _words(_W, opens=False, pattern=r"writing"),
            _words(_E, opens=False, pattern=r"editing"),
        ),
        "fr": (
            _words(
                _R,
                after_names=True,
                pattern=r"""pour le (?:reportage|service \w+)
                    (?:a|ont) (?:également )?contribué(?: à (?:ce|cet|cette) \w+)?""",
            ),
            _words(_T, after_names=True, pattern=r"pour la (?:version française|traduction)"),
            _words(_E, after_names=True, pattern=r"pour (?:l['’]édition|la relecture)"),
            _words(_W, after_names=True, pattern=r"pour la rédaction"),
            _words(_R, pattern=r"avec (?:des |les )?informations (?:de |du |d['’])(?:l['’]|la )?"),
            _words(_R, pattern=r"(?:avec (?:la |les )?)?contributions? (?:de |d['’]|du )"),
            _words(
                _B,
                pattern=r"avec (?:la rédaction|les rédactions|le bureau|les bureaux) (?:de |d['’]|du )",
            ),
            _words(_R, pattern=r"reportages?(?: complémentaires?)?(?: réalisés?)?(?: (?:par|de|d['’]))?"),
            _words(_W, _E, pattern=r"(?:rédigée?|écrite?) et éditée? par(?: le service français)?"),
            _words(_W, pattern=r"(?:rédigée?|écrite?|rédaction)(?: (?:par|de))?"),
            _words(
                _E, pattern=r"(?:éditée?s?|édition|edition|editée?|relue?|révision|relecture)(?: (?:par|de))?"
            ),
            _words(
                _T,
                pattern=r"""traduite?s? (?:d[eu] |de l['’])[\w ]{3,20} par
                    (?:version française|traduction(?: française)?|traduite?s?)(?: (?:par|de))?""",
            ),
            _words(_B, opens=False, pattern=r"(?:du |le |avec le )?bureau (?:de|d['’]|du)"),
            _words(_R, opens=False, pattern=r"avec"),
        ),
        "de": (
            _words(_R, after_names=True, pattern=r"(?:hat|haben) zu diese[mr] \w+ beigetragen"),
            _words(
                _R,
                pattern=r"(?:bericht(?:erstattung|et)?|reporter(?:in)?|(?:unter )?mitarbeit)(?: von|:)",
            ),
            _words(_W, pattern=r"(?:geschrieben|verfasst|text|autor(?:en|in|innen)?)(?: von|:)"),
            _words(_E, pattern=r"(?:redigiert|bearbeitet|(?:schluss)?redaktion)(?: von|:)"),
            _words(
                _T,
                pattern=r"""(?:aus dem \w+ )?(?:übersetzt|übersetzung|deutsche fassung|übertragen)(?: von|:)
                    aus dem \w{4,15}en von""",
            ),
            _words(_B, opens=False, pattern=r"büro(?::| in)?"),
        ),
        "es": (
            _words(
                _R,
                after_names=True,
                pattern=r"(?:contribuy|colabor)(?:ó|aron|eron) (?:a|con|en|para) est[ae] \w+",
            ),
            _words(
                _R,
                pattern=r"""(?:reporte|reporteo|reportaje|reportado)(?: adicional)?(?: (?:de|por)|:)
                    (?:con )?información(?: adicional)? (?:de|por)""",
            ),
            _words(_W, pattern=r"(?:escrito|redactado|redacción)(?: (?:de|por)|:)"),
            _words(_E, pattern=r"(?:editado|edición|editando)(?: en español)?(?: (?:de|por)|:)"),
            _words(
                _T, pattern=r"(?:traducido|traducción|versión en español)(?: del \w{4,12})?(?: (?:de|por)|:)"
            ),
            _words(_R, opens=False, pattern=r"(?:reporte|reportaje)"),
            _words(_E, opens=False, pattern=r"edición"),
            _words(_T, opens=False, pattern=r"traducción"),
        ),
        "pt": (
            _words(
                _R,
                after_names=True,
                pattern=r"(?:contribu(?:iu|íram)|colabor(?:ou|aram)) (?:com|para) est[ae] \w+",
            ),
            _words(_R, pattern=r"(?:reportagem|reportagens|apuração)(?: adicional)?(?: (?:de|da|do|por)|:)"),
            _words(_W, pattern=r"(?:escrito|redigido|texto|redação)(?: (?:de|por)|:)"),
            _words(_R, pattern=r"com (?:informações|reportagem) (?:d[aeo]|adicionais d[aeo])"),
            _words(_E, pattern=r"(?:edição|editado)(?: (?:de|por)|:)"),
            _words(
                _T,
                pattern=r"(?:tradução|traduzid[oa]|versão portuguesa)(?: d[oa] \w{4,12})?(?: (?:de|por)|:)",
            ),
            _words(_R, opens=False, pattern=r"reportagem"),
            _words(_E, opens=False, pattern=r"edição"),
            _words(_T, opens=False, pattern=r"tradução"),
        ),
        "it": (
            _words(_R, after_names=True, pattern=r"ha(?:nno)? contribuito a quest[aeo'’] ?\w+"),
            _words(
                _R, pattern=r"(?:servizio|reportage|con il contributo|ha(?:nno)? collaborato)(?: (?:di|da)|:)"
            ),
            _words(_W, pattern=r"(?:scritto|testo|a cura)(?: (?:di|da)|:)"),
            _words(_E, pattern=r"in redazione(?: (?:a|di) [A-ZÀ-Þ][\w'’]+)?:?"),
            _words(_E, pattern=r"(?:editing|revisione|redatto)(?: (?:di|da)|:)"),
            _words(_R, pattern=r"(?:con|ha contribuito|contributi)(?: (?:il contributo )?di|:)"),
            _words(
                _T,
                pattern=r"(?:tradotto|traduzione|versione italiana)(?: dall?['’ ]\w{4,12})?(?: (?:di|da)|:)",
            ),
            _words(_T, opens=False, pattern=r"(?:tradotto|traduzione)"),
        ),
        "nl": (
            _words(
                _R,
                after_names=True,
                pattern=r"(?:droeg(?:en)? bij|he(?:eft|bben) bijgedragen) aan (?:dit|deze) \w+",
            ),
            _words(
                _R,
                pattern=r"(?:verslag|verslaggeving|reportage|bijdragen?|met medewerking)(?: (?:van|door)|:)",
            ),
            _words(_W, pattern=r"(?:geschreven|tekst)(?: (?:van|door)|:)"),
            _words(_E, pattern=r"(?:bewerking|bewerkt|(?:eind)?redactie|geredigeerd)(?: (?:van|door)|:)"),
            _words(_T, pattern=r"(?:vertaling|vertaald)(?: uit het \w{4,12})?(?: (?:van|door)|:)"),
            _words(_E, opens=False, pattern=r"(?:bewerking|(?:eind)?redactie)"),
            _words(_T, opens=False, pattern=r"vertaling"),
        ),
    }
)
#: a bureau named after its place: "the Kabul bureau"
BUREAU_WORDS = ("bureau", "newsroom")
#: between two of those who are named
CREDIT_AND = ("and", "et", "und", "y", "e", "en", "with", "avec")
#: one of these is in every paragraph that says who helped: "A and B contributed to this report"
CLOSING_WORDS = ("ontribu", "eported from", "olabor", "beigetragen", "bijgedragen", "droeg", "pour l")
#: words between what was done and who did it, in any language
CREDIT_OF = ("by", "from", "par", "de", "von", "por", "da", "do", "di", "door", "van")
#: what those who are named may be called before their names. A regular expression
CREDIT_TITLES = any_of(r"""
    (?:staff )?(?:writers?|reporters?|correspondents?|contributors?|journalists?|photographers?|researchers?)
    journalistes?|correspondant(?:e?s?)|korrespondent(?:in|en)?|reporter(?:in)?|periodistas?|corresponsal(?:es)?
    repórter(?:es)?|jornalistas?|giornalist[aie]|inviat[oi]|correspondenten?|verslaggevers?
""")
#: what a bureau is called, before or after its place. A regular expression
BUREAUS = any_of(r"""
    newsroom|(?:news ?)?desk|bureau|rédaction|redaktion|büro|redacción|oficina|redação|delegação|delegación
    redazione|ufficio|redactie|mesa
""")
#: words before the names that open a credit line: "(Por X; edición de Y)"
CREDIT_BY = ("by", "par", "von", "por", "di", "door")
#: words before the agencies that a text is drawn from: "(mit dpa)"
SOURCE_WORDS = (
    "avec",
    "with",
    "with inputs from",
    "with input from",
    "mit",
    "con",
    "com",
    "met",
    "source:",
    "quelle:",
    "fonte:",
    "fuente:",
    "bron:",
)
