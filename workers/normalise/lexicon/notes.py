"""How notes to editors and embargo lines begin, by language. Data only; a language is one more entry."""

from dataclasses import dataclass
from types import MappingProxyType

from pipeline.model import Signal
from workers.normalise.lexicon.words import any_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWords:
    """Words that begin a note in brackets: "(Adds quote)", "(Corrects spelling)"."""

    #: a regular expression without groups, matched without regard to case
    pattern: str
    #: what a note that begins so makes of its version
    signal: Signal | None = None


def _words(signal: Signal | None, listed: str) -> NoteWords:
    return NoteWords(pattern=any_of(listed), signal=signal)


_UPDATE, _CORRECTION, _REFILE = Signal.UPDATE, Signal.CORRECTION, Signal.REFILE

NOTE_WORDS = MappingProxyType(
    {
        "en": (
            _words(
                _UPDATE,
                r"""adds|updates|updating|recasts|recasting|rewrites|writes through|inserts
                changes|edits|trims|releads|restores|leads with|new throughout|updated""",
            ),
            _words(
                _CORRECTION,
                r"""corrects|correcting|correction|fixes|clarifies|amends|deletes|removes|drops|corrected
                (?:an|the|this) (?:earlier|previous|story|version)(?: version)? (?:corrects|misstated|of this)
                in (?:an earlier|a previous) version""",
            ),
            _words(_REFILE, r"repeats|repeating|refiles|refiling|resends"),
        ),
        "fr": (
            _words(
                _UPDATE,
                r"""ajoute|ajout|actualis(?:e|é|ée)|complète|précise|développe|mise? à jour|plus de détails
                nouveau(?= ?:)|refond
                avec (?:précisions?|détails|réactions?|citations?|contexte|bilan|déclarations?)""",
            ),
            _words(
                _CORRECTION,
                r"""corrige|rectifie|bien lire|supprime|correction|rectification|rectificatif|(?:bien )?lire
                dans (?:notre|la) (?:précédente )?(?:dépêche|version)|dans une (?:précédente )?version""",
            ),
            _words(_REFILE, r"répétition|répète|bis repetita|rediffusion"),
        ),
        "de": (
            _words(
                _UPDATE,
                r"""neu(?=:)|durchgehend neu|(?:gesamt)?zusammenfassung|aktualisiert|ergänzt|ergänzung
                aktualisierung
                mehr details|wiederaufnahme|erweitert""",
            ),
            _words(
                _CORRECTION,
                r"""berichtigung|berichtigt|korrektur|korrigiert|stellt richtig|richtiggestellt
                richtigstellung
                in einer (?:früheren|vorherigen) (?:fassung|version|meldung)""",
            ),
            _words(_REFILE, r"wiederholung|wiederholt"),
        ),
        "es": (
            _words(
                _UPDATE,
                r"""añade|agrega|amplía|amplia|ampliación|actualiza|actualización|cambia|incluye
                con (?:más )?(?:detalles|declaraciones|reacciones)""",
            ),
            _words(
                _CORRECTION,
                r"""corrige|rectifica|elimina|precisa|corrección|rectificación
                en (?:la|una) (?:versión|nota) anterior""",
            ),
            _words(_REFILE, r"repite|repetición|reitera"),
        ),
        "pt": (
            _words(
                _UPDATE,
                r"""acrescenta|adiciona|atualiza|actualiza|inclui|amplia|atualização
                com mais (?:detalhes|declarações|informações)""",
            ),
            _words(
                _CORRECTION,
                r"""corrige|retifica|rectifica|altera|correção|retificação
                (?:n[ao]|em)(?: uma)? (?:versão|texto|matéria|notícia) anterior
                (?:a |o )?(?:nota|matéria|texto|versão) (?:enviad[ao]|publicad[ao]|anterior)
                segue (?:a )?versão corrigida""",
            ),
            _words(_REFILE, r"repete|repetição|republica"),
        ),
        "it": (
            _words(
                _UPDATE,
                r"""aggiunge|aggiungendo|aggiorna|aggiornamento|integra|riscrive
                con (?:dettagli|dichiarazioni|contesto)""",
            ),
            _words(
                _CORRECTION,
                r"""corregge|rettifica|corretto|correzione|precisa|errata corrige
                nel(?:la|lo|l['’])? ?(?:notizia|titolo|testo|lancio|precedente)|in una precedente|si legga""",
            ),
            _words(_REFILE, r"ripete|ripetizione"),
        ),
        "nl": (
            _words(
                _UPDATE,
                r"""voegt|nieuw(?=:)|toegevoegd|toevoeging|toevoegt|vult aan|aanvulling|actualiseert|aangevuld
                geactualiseerd|meer details|herschrijft""",
            ),
            _words(
                _CORRECTION,
                r"""corrigeert|rectificeert|verbetert|gecorrigeerd|correctie|rectificatie|verbetering
                in een (?:eerdere|vorige) versie""",
            ),
            _words(_REFILE, r"herhaalt|herhaling"),
        ),
        "all": (_words(None, r"eds|ed(?= note)|achtung|attention|attn|ndlr"),),
    }
)

#: words that begin a note without brackets, before a colon or dash. A regular expression
BARE_NOTES = any_of(r"""
    eds\.?|n\.b\.|attn editors|ed note|eds\.? notes?
    editor['’]?s['’]? notes?|notes? to editors|attention editors
    anm(?:\.|erkung) d(?:\.|er) red(?:\.|aktion)
    note aux rédact(?:ions|eurs)|note à la rédaction|à l['’]attention des rédactions|ndlr
    hinweise? (?:an|für)(?: die)? redaktionen|redaktionelle?r? hinweise?|achtung,? redaktionen
    nota (?:a los editores|al editor|de (?:la )?redacción|para editores)|atención,? (?:editores|redacciones)
    nota (?:aos editores|da redação|do editor|de redação)|atenção,? editores
    nota (?:per le redazioni|per la redazione|alle redazioni|redazionale)|attenzione,? redazioni
    noot (?:voor|aan)(?: de)? redacties?|let op,? redacties?
    (?-i:ATTENTION|ACHTUNG|ATENCIÓN|ATENÇÃO|ATTENZIONE|LET OP)
""")
#: a sentence of its own that says what a version mends. A regular expression
CORRECTING = any_of(r"""
    (?:--? ?)?th(?:is|e following) (?:\w+\.? \d{1,2} )?(?:story|version|item) (?:corrects|updates|replaces)\b
    this (?:\w+\.? \d{1,2} )?(?:story|version|item) (?:has been|was) (?:correct|updat|refil|amend)ed\b
    (?:cette dépêche|ce texte|cette version) (?:corrige|rectifie|remplace|annule et remplace)\b
    (?:cette dépêche|ce texte|cette version) a été (?:corrigée?|rectifiée?|actualisée?|mise? à jour)\b
    diese (?:meldung|fassung|version) (?:berichtigt|korrigiert|ersetzt)\b
    die(?:se)? (?:meldung|fassung|version) wurde (?:um [\d.:]+ uhr )?(?:berichtigt|korrigiert)\b
    die(?:se)? (?:meldung|fassung|version) wurde (?:um [\d.:]+ uhr )?(?:ergänzt|aktualisiert)\b
    est[ae] (?:nota|noticia|versión|texto|despacho) (?:ha sido|fue) (?:correg|actualiz|rectific)\w+\b
    est[ae] (?:matéria|texto|versão|notícia) foi (?:corrig|atualiz|retific)\w+\b
    quest[ao] (?:notizia|versione|testo) è stat[ao] (?:corrett|aggiornat|rettificat)[ao]\b
    (?:dit bericht|deze versie) (?:is|werd) (?:gecorrigeerd|aangevuld|bijgewerkt|gerectificeerd)\b
    est[ae] (?:nota|noticia|versión|texto|despacho) (?:corrige|rectifica|sustituye)\b
    est[ae] (?:matéria|texto|versão|notícia) (?:corrige|retifica|substitui)\b
    quest[ao] (?:notizia|versione|testo) (?:corregge|rettifica|sostituisce)\b
    (?:dit bericht|deze versie) (?:corrigeert|rectificeert|vervangt)\b
""")

#: what begins a word of mending, in a note above a dateline. A regular expression
MENDING = any_of(r"""
    correct|correg|corrig|corretto|corretta|corre[cç]|korrig|korrekt|berichtig|richtiggestell|rectif|rettif|retific
    gecorrigeerd|verbeter|bien lire|en lugar de
    (?:por|par|per|wegen|door|due to)(?: un| an)? (?:err|fehler|fout)
""")

#: what begins an embargo line, before a time. A regular expression
EMBARGO_WORDS = any_of(r"""
    (?:strictly )?embargoed(?: for(?: release| publication)?)?(?: (?:until|till|to|at))?
    (?:hold|embargo)(?: for release)?(?: (?:until|till))?
    (?:not for|no) (?:publication|release|use)(?: or broadcast)? (?:before|until)
    (?:for )?released? (?:at|not before)|(?:adv(?:ance)?\d{0,2}\.? )?for release(?: on)?(?=\W+\w)
    do not (?:publish|use|release) (?:before|until)
    (?:(?:dépêche|texte|information) )?(?:sous )?embargo(?: strict)?(?: (?:jusqu['’](?:au|à|a)|avant))?
    (?:à )?ne pas (?:publier|diffuser) avant(?: le)?
    (?:achtung,? |bitte beachten(?: sie die)?:? )?(?:sende|veröffentlichungs)?sperrfrist(?: bis)?
    (?:(?:meldung|text|beitrag) )?gesperrt bis|embargo bis
    frei (?:ab|für|zur veröffentlichung ab)|nicht (?:vor|veröffentlichen vor)
    (?:(?:noticia|texto|información|contenido) )?(?:bajo |con )?(?:embargo|embargad[oa])(?: hasta)?
    no (?:publicar|difundir)(?: antes| hasta)?(?: de(?:l)?| las?)?
    (?:(?:notícia|texto|matéria) )?(?:sob )?(?:embargo|embargad[oa])(?: até)?
    não (?:publicar|divulgar)(?: antes)?(?: d[eao]s?)?
    (?:(?:notizia|testo) )?(?:sotto )?(?:embargo|embargat[oa])(?: fino)?(?: al(?:le)?| a)?
    (?:da )?non (?:pubblicare|diffondere)(?: prima)?(?: del(?:le)?)?
    (?:bericht )?(?:onder )?embargo(?: tot)?|niet (?:publiceren|voor publicatie) (?:voor|vóór)
""")
