"""Words around the names of those who wrote a text. Data only; a language is one more word in each table."""

from workers.normalise.lexicon.words import any_of

#: words that open a byline
BYLINE_WORDS = (
    *("by", "par", "von", "por", "di", "door"),
    *("texte par", "propos recueillis par", "text by", "story by"),
)
#: between the names of a byline
BYLINE_AND = ("and", "et", "und", "y", "with", "avec", "mit", "con", "e", "en", "com", "met")
#: what may follow the names, on a line of its own or after a comma: the agency, or what the writer is there.
#: A regular expression
BYLINE_TITLES = any_of(r"""
    (?:associated press|ap|afp|upi|pa|aap|reuters|dpa|efe|ansa|bloomberg
    (?:the )?canadian press)(?: [\w-]+){0,3}
    (?:[\w'’&-]+ ){0,4}(?:staff|staff writers?|writers?|correspondents?|reporters?|editor)
    (?:[\w-]+ )?(?:korrespondent(?:in)?|redakteur(?:in)?|correspondante?|envoyée? spéciale?(?: de l['’]\w+)?)
    (?:repórter|repórteres|reportera?s?|redacción|da redação|enviad[oa] especial
    corresponsal)(?: d[aeo]l? [\w ]{2,40}(?: \([A-Z]{2}\))?)?
    (?:inviat[oa]|corrispondente|redazione)(?: (?:di|dell['’])\s?[\w ]{2,30})?
    (?:verslaggever|correspondent|redacteur)(?: [\w ]{2,30})?
    (?:united press international|agence france-presse|agencia efe)(?: [\w-]+){0,2}
    (?:of|von|de|di|da|van) (?:the )?(?-i:[A-ZÀ-Þ]{2,}(?: [A-ZÀ-Þ]{2,}){0,4})
""")
#: words that open a byline which says what the writer is: "Van onze correspondent". A regular expression
BYLINE_OURS = any_of(r"""
    (?:by|from) our (?:[\w-]+ )?(?:correspondents?|reporters?|staff)(?: in \w+)?,?
    (?:de|par) (?:notre|nos) (?:envoyée?s? spécia(?:le?|ux|les)|correspondante?s?)(?: à \w+)?,?
    von unsere[mrn] (?:[\w-]*korrespondent|mitarbeiter|reporter|redakteur)(?:in|en)?(?: in \w+)?,?
    (?:de|por) nuestr[oa]s? (?:corresponsal(?:es)?|enviad[oa]s?(?: especial(?:es)?)?|redactora?)(?: en \w+)?,?
    (?:do|da|pelo|pela) noss[oa] (?:correspondente|enviad[oa](?: especial)?|repórter)(?: em \w+)?,?
    d(?:al|alla|ai|el) nostr[oaie] (?:inviat[oaie](?: speciale)?|corrispondent[ei])(?: a \w+)?,?
    (?:van|door) onze (?:[\w-]*correspondent(?:en?)?|verslagge(?:vers?|efster)|redac\w+)(?: in \w+)?,?
""")
