"""Words by which a text orders that another one is not used. Data only; a language is one more line."""

from workers.normalise.lexicon.words import any_of

#: near one of these a kill names what it takes back. A regular expression
ORDERS = any_of(r"""
    kill(?:s|ed|ing)?|disregard|discard|withdr[ae]w(?:s|n|al|ing)?|retract(?:s|ed|ion|ing)?
    eliminat(?:e|ed|ion)|(?:do|please do|should|must) not (?:be )?used?|cancel(?:s|led|ed|lation)?
    annul(?:er?|ée?|és|ez|ation)|ne pas (?:utiliser|diffuser|publier)|retir(?:er|é|ée|ez)
    supprim(?:er|é|ée|ez)
    zurück(?:gezogen|ziehen|zieht|ziehung)|storn(?:o|ieren|iert|ierung)|nicht (?:zu )?(?:verwenden|verbreiten)
    annulliert|gestrichen|gegenstandslos
    anul(?:ar|a|ada|ado|en|ación)|no (?:usar|utilizar|difundir)|retir(?:ar|ada|ado|en)
    anul(?:ação|em)|não (?:usar|utilizar|publicar)|desconsider(?:ar|em|e)|cancel(?:ar|ada|ado)
    annull(?:are|a|ata|ato|amento)|ritir(?:are|ata|ato)|non (?:usare|utilizzare)
    ingetrokken|intrek(?:ken|king)|vervall(?:t|en)|niet (?:te )?gebruiken
""")
#: signs that a slug or keyword is named. A regular expression
SLUG_WORDS = r"slugged|slug(?:line)?|keyword(?:ed)?|kennwort|stichwort|mot-cl[ée]|clave"
#: what follows the slug. A regular expression
AFTER_SLUG = r"sent|moved|transmitted|issued|filed|dated|from|of|at|which|that|envoyée?|gesendet|vom"
