"""Words before or after a headline that say what a version is in the life of its story. Data only.

A language is one more line in _SERIES for each word that it needs; no code changes.
"""

from types import MappingProxyType

from pipeline.model import Signal
from workers.normalise.lexicon.words import any_of, names

#: signal → words in capitals as wires write them, bars between. Marked with
#: "~": small letters count too, before a colon or alone on a line ("Update: …"): no plain headline begins so;
#: "=": begins words of plain headlines ("LEAD-FREE"): a hyphen alone is not enough before capitals
_SERIES = {
    Signal.ALERT: """
        ~URGENT|~URGENTE|=ALERT|ALERTE|=FLASH|NEWSFLASH|=BREAKING|~BREAKING NEWS|BULLETIN|NEWSALERT|NEWS ALERT
        ~EILMELDUNG|EIL|~BLITZ|BLITZMELDUNG|VORRANG|~ULTIM'ORA|~ULTIM’ORA|~ULTIMORA|=ALERTA
        ~ÚLTIMA HORA|~ÚLTIMA-HORA|AVANCE|DERNIÈRE MINUTE|DERNIÈRE HEURE|~ÚLTIMO MOMENTO|ULTIMISSIMA|~SPOED
        ~APNEWSALERT|~AP NEWSALERT
        SPOEDBERICHT|=EXTRA|~LAATSTE NIEUWS|=FLITS|DRINGEND
    """,
    Signal.UPDATE: """
        ~UPDATE|UPDATED|UPDATES|~WRAPUP|~WRAP-UP|RECAP|=LEAD|=LD|PUNTO|ROUNDUP|NEWSWRAP
        ~ACTUALISATION|~ACTUALISÉ|ACTUALISE|~MISE À JOUR|~MISE A JOUR|MAJ|~COMPLÉTÉ|SYNTHÈSE|~LEAD GÉNÉRAL
        ~AKTUALISIERUNG|~AKTUALISIERT|~ZUSAMMENFASSUNG|~GESAMTZUSAMMENFASSUNG|~NEUFASSUNG|~ERGÄNZUNG|ERGÄNZT
        ~ACTUALIZA|~ACTUALIZACIÓN|ACTUALIZACION|~ACTUALIZADO|~ACTUALIZADA|~AMPLIACIÓN|AMPLIACION|AMPLÍA|~AMPLIADA|AMPL|=AMP
        ~ATUALIZA|~ATUALIZAÇÃO|~ATUALIZADO|~ATUALIZADA|~AGGIORNAMENTO|~AGGIORNATO|AGGIORNA|RIEPILOGO
        ~NOUVELLE VERSION|~NUEVA VERSIÓN|~NOVA VERSÃO|~NUOVA VERSIONE|~NIEUWE VERSIE|~NEUE FASSUNG
        REPLACES|SUSTITUYE|SUBSTITUI|SOSTITUISCE|AMPLIA|~AMPLIAÇÃO|~GEACTUALISEERD|~AANVULLING|~BIJGEWERKT
    """,
    Signal.CORRECTION: """
        ~CORRECTED|~CORRECTION|CORRECTS|=CORR|~CORRECTIVE|~RECTIFICATION|~RECTIFICATIF|~RECTIFIÉ|~CORRIGÉ|CORRIGE
        ~CORRECTIF|~BERICHTIGUNG|BERICHTIGT|~KORREKTUR|KORRIGIERT|~CORRECCIÓN|~CORRECCION|~CORREGIDO
        ~CORREGIDA
        ~RECTIFICACIÓN|~RECTIFICACION|RECTIFICA|~CORREÇÃO|~CORRIGIDO|~CORRIGIDA|~RETIFICAÇÃO|~RECTIFICAÇÃO
        ~CLARIFICATION|~PRÉCISION|~KLARSTELLUNG|~RICHTIGSTELLUNG|~ACLARACIÓN|~PRECISIÓN|~ESCLARECIMENTO
        ~PRECISAZIONE|~VERBETERING|~FE DE ERRORES|~RETTIFICA|~CORREZIONE|~CORRETTO
        ~CORRETTA|~ERRATA CORRIGE|~ERRATA
        ~RECTIFICATIE|~CORRECTIE|~GECORRIGEERD
    """,
    Signal.REFILE: """
        ~REFILE|REFILED|~RPT|=REPEAT|=REPEATS|~RESENDING|RESEND|REISSUE|~RÉPÉTITION|~REPETITION|REPRISE|~WDH
        ~WIEDERHOLUNG|~REPETICIÓN|REPITE|~REPETIÇÃO|~RIPETIZIONE|RIPETE|~HERHALING|~REENVÍO|REENVIO
    """,
    Signal.WRITETHRU: "~WRITETHRU|~WRITE-THRU|~WRITETHROUGH|~LD-WRITETHRU|~LEAD-WRITETHRU|~LEAD WRITETHRU",
    Signal.KILL: """
        =KILL|~MANDATORY KILL|~BULLETIN KILL|~STORY KILL|~KILL NOTICE|~MANDATORY WITHDRAWAL|WITHDRAWN
        ~STORY WITHDRAWN|~STORY WITHDRAWAL|WITHDRAWAL|RETRACTION
        ANNULATION|ANNULÉ|ANNULE|ANNULER|~À ANNULER|~ANNULE ET REMPLACE|~DÉPÊCHE ANNULÉE|~DÉPÊCHE À ANNULER
        ZURÜCKGEZOGEN|RÜCKZUG|STORNO|STORNIERUNG|STORNIERT|~MELDUNG ZURÜCKGEZOGEN
        ANULACIÓN|ANULACION|ANULADA|ANULADO|ANULA|ANULAR|~NOTICIA ANULADA
        ANULAÇÃO|ANULAR|~NOTÍCIA ANULADA|ANNULLAMENTO|ANNULLATO|ANNULLATA|ANNULLA|ANNULLARE|~NOTIZIA ANNULLATA
        INTREKKING|INGETROKKEN|INTREKKEN|VERVALLEN|~BERICHT INGETROKKEN
    """,
    Signal.EMBARGO: """
        EMBARGOED|=EMBARGO|~SOUS EMBARGO|~SPERRFRIST|EMBARGADO|EMBARGADA|~BAJO EMBARGO|~SOB EMBARGO
        ~SOTTO EMBARGO|~ONDER EMBARGO
    """,
    Signal.ADVISORY: """
        ADVISORY|ADVISORIES|~MEDIA ADVISORY|~EDITORS' ADVISORY|~NEWS ADVISORY|AVIS|~REDAKTIONSHINWEIS|HINWEIS
        AVISO|AVVISO|MEDEDELING|~REDAKTIONELLER HINWEIS|SERVICEHINWEIS|~NOTA REDAZIONALE|~NOTA DE SERVICIO
        ~SERVICE ADVISORY|~COVERAGE ADVISORY|~ADVISORY NOTE|SERVICEBERICHT|~NOTE DE SERVICE
    """,
}
#: words that address those who take the wire, and whom they address: together they make an advisory
_ADDRESSES = (
    (
        "ATTENTION|NOTE TO|ADVISORY TO|NOTICE TO|MEMO TO|ADVISORY FOR|NOTE FOR",
        "EDITORS|CLIENTS|SUBSCRIBERS|ALL EDITORS|USERS|CUSTOMERS|MEDIA",
    ),
    (
        (
            "AVIS AUX|NOTE AUX|NOTE À LA|ATTENTION|AVIS À NOS|MESSAGE AUX|AVIS À|AVIS À TOUS LES"
            "|À L'ATTENTION DES"
        ),
        "CLIENTS|ABONNÉS|RÉDACTIONS|RÉDACTION|RÉDACTEURS|MÉDIAS|ÉDITEURS",
    ),
    (
        "ACHTUNG|HINWEIS AN DIE|HINWEIS FÜR DIE|HINWEIS AN|HINWEIS FÜR|AN DIE|MITTEILUNG AN DIE",
        "REDAKTIONEN|REDAKTION|KUNDEN|ABONNENTEN",
    ),
    (
        (
            "AVISO A LOS|AVISO A LAS|ATENCIÓN|AVISO A|AVISO A LA|NOTA A LOS|NOTA A LAS|NOTA A LA|NOTA A"
            "|AVISO PARA|NOTA PARA"
        ),
        "CLIENTES|ABONADOS|REDACCIONES|REDACCIÓN|EDITORES|SUSCRIPTORES|MEDIOS",
    ),
    (
        "AVISO AOS|AVISO ÀS|ATENÇÃO|NOTA AOS|NOTA ÀS|NOTA À|AVISO À|AVISO A|NOTA PARA OS|AVISO PARA",
        "CLIENTES|ASSINANTES|REDAÇÕES|REDAÇÃO|REDACÇÕES|EDITORES|SUBSCRITORES",
    ),
    (
        (
            "AVVISO AGLI|AVVISO AI|AVVISO ALLE|ATTENZIONE|AVVISO A|NOTA PER LE|NOTA PER LA|NOTA ALLE"
            "|NOTA ALLA|NOTA AI|NOTA AGLI|ALLE"
        ),
        "ABBONATI|CLIENTI|REDAZIONI|REDAZIONE|UTENTI|SIGNORI ABBONATI",
    ),
    (
        (
            "LET OP|BERICHT AAN DE|BERICHT AAN|MEDEDELING AAN DE|MEDEDELING AAN|AAN DE|AAN|ATTENTIE"
            "|NOOT VOOR|NOOT AAN DE|NOOT VOOR DE"
        ),
        "REDACTIES|KLANTEN|ABONNEES|REDACTIE",
    ),
)


_ADDRESSED = frozenset(
    f"{opens} {whom}"
    for openers, audience in _ADDRESSES
    for opens in openers.split("|")
    for whom in audience.split("|")
)

SERIES_WORDS = MappingProxyType(
    {word.lstrip("~="): signal for signal, listed in _SERIES.items() for word in names(listed)}
    | dict.fromkeys(_ADDRESSED, Signal.ADVISORY)
)

#: an advisory that says so takes a text back; the text is named, for events are called off too. A regular
#: expression
KILL_PHRASES = any_of(r"""
    (?:story|item|report)\b(?:[^.]|[.](?=\d)){0,120} (?:is|has been|was) (?:killed|withdrawn|retracted)\b
    (?:kill|disregard|do not use) (?:the|our|this) (?:[^.]|[.](?=\d)){0,60}\b(?:story|item|report)\b
    (?:annuler|ne pas utiliser) (?:notre|la|cette) (?:[^.]|[.](?=\d)){0,60}\bdépêche\b
    dépêche\b(?:[^.]|[.](?=\d)){0,120} (?:est|a été) annulée\b
    meldung\b(?:[^.]|[.](?=\d)){0,120} (?:zurückgezogen|storniert)\b
    meldung\b(?:[^.]|[.](?=\d)){0,120} nicht (?:zu )?verwenden\b
    (?:nota|noticia|despacho)\b(?:[^.]|[.](?=\d)){0,120} (?:queda|ha sido|está) anulad[ao]\b
    (?:notícia|texto|despacho)\b(?:[^.]|[.](?=\d)){0,120} (?:fica|foi|está) anulad[ao]\b
    (?:notizia|lancio)\b(?:[^.]|[.](?=\d)){0,120} (?:è|viene|è stata) (?:annullat|ritirat)[ao]\b
    bericht\b(?:[^.]|[.](?=\d)){0,120} (?:is|wordt|werd) ingetrokken\b
""")

#: the same, shortened and in brackets only: "(Act) Titular", "(Amp.2) Titular"
SHORT_WORDS = MappingProxyType(
    dict.fromkeys(names("ACT|ACTUAL|ACTUALIZ|AMP|AMPL|ATUAL|AKT|AKTUAL|ZF|AGG|AGGIORN"), Signal.UPDATE)
    | dict.fromkeys(names("CORR|CORREC|RECT|RECTIF|RETIF|RETT|KORR"), Signal.CORRECTION)
    | dict.fromkeys(names("REPET|WDH"), Signal.REFILE)
)

#: what kind of text it is, in capitals and joined to the headline: it tells nothing of the version
KINDS = names("""
    ANALYSIS|BREAKINGVIEWS|BRIEF|COLUMN|COMMENTARY|DIARY|EXCLUSIVE|EXPLAINER|FACTBOX|FEATURE|FOCUS|INSIGHT
    INSTANT VIEW|INTERVIEW|NEWSMAKER|POLL|PREVIEW|PRESS DIGEST|PROFILE|Q&A|SPECIAL REPORT|TIMELINE|WITNESS
    ANALYSE|CHRONOLOGIE|ENCADRÉ|ENCADRE|ENQUÊTE|ENTRETIEN|EXCLUSIF|LE POINT|PORTRAIT|PRÉVISION|PREVISION
    REPÈRES|FOKUS|HINTERGRUND|PORTRÄT|STICHWORT|VORSCHAU|UMFRAGE
    ANÁLISIS|CRONOLOGÍA|ENTREVISTA|ENFOQUE|EXCLUSIVA|PERFIL|RESUMEN|SONDEO
    ANÁLISE|CRONOLOGIA|EXCLUSIVO|PESQUISA|PRÉVIA
    ANALISI|ESCLUSIVA|INTERVISTA|SCHEDA|SINTESI|SONDAGGIO|ACHTERGROND|PROFIEL|VOORBESCHOUWING
""")

#: which part of a story a text is, with a number: taken off, and nothing more is known of it
TAKES = names("TAKE|FORTSETZUNG|VERVOLG|CONTINUAÇÃO")


def _marked(mark: str) -> frozenset[str]:
    return frozenset(
        word[1:] for listed in _SERIES.values() for word in names(listed) if word.startswith(mark)
    )


#: small letters count too, before a colon or alone on a line
ANY_CASE = _marked("~") | _ADDRESSED
#: a bare hyphen before capitals does not make them a series word
COMPOUNDED = _marked("=")
#: in capitals and before small letters, these need nothing between ("SPOED Minister treedt af")
LOUD = frozenset(
    word
    for word, signal in SERIES_WORDS.items()
    if signal in (Signal.ALERT, Signal.UPDATE, Signal.CORRECTION, Signal.REFILE)
    and word not in ("LEAD", "CORR")
)
#: calls for attention before a series word
ATTENTION_WORDS = ("ACHTUNG", "ATTENTION", "ATTENZIONE", "ATENCIÓN", "ATENÇÃO", "LET OP")

#: how headlines and slugs end: "AM-Melons, 2nd Ld-Writethru", "Melons burn (2nd LEAD)"
TAIL_WORDS = MappingProxyType(
    {
        "ld-writethru": Signal.WRITETHRU,
        "lead-writethru": Signal.WRITETHRU,
        "lead writethru": Signal.WRITETHRU,
        "writethru": Signal.WRITETHRU,
        "write-thru": Signal.WRITETHRU,
        "ld": Signal.UPDATE,
        "lead": Signal.UPDATE,
        "kill": Signal.KILL,
        "mandatory kill": Signal.KILL,
        "correction": Signal.CORRECTION,
        "advisory": Signal.ADVISORY,
    }
)

#: what senders write in a field for it, lower case, without `sig:` → signal
SENT_SIGNALS = MappingProxyType(
    {
        word: signal
        for signal, listed in {
            Signal.ALERT: "alert alerte urgent flash snap breaking bulletin newsalert eil",
            Signal.UPDATE: "update updated lead developing expanded add wrapup",
            Signal.CORRECTION: "correction corrected corrective corr rectification korrektur",
            Signal.WRITETHRU: "writethru write-thru writethrough replace replacement substitution",
            Signal.REFILE: "refile repeat rpt resend retransmission",
            Signal.KILL: "kill killed withdrawn retraction mandatorykill cancel canceled cancelled",
            Signal.EMBARGO: "embargo embargoed",
            Signal.ADVISORY: "advisory advisorynote",
        }.items()
        for word in listed.split()
    }
)
