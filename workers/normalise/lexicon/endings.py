"""How agencies end a text: page ends, rights, contacts, initials. Data only.

Each is a regular expression without groups, for a whole paragraph; case counts only where it is said.
"""

from workers.normalise.lexicon.agencies import AGENCY_NAMES
from workers.normalise.lexicon.credits import BUREAUS
from workers.normalise.lexicon.words import any_of, words

_TEXT_WORDS = (
    r"(?:message|item|story|text[eo]?|dépêche|meldung|nachricht|bericht|mensaje|despacho|mensagem|notizia)"
)
#: what says that a text ends, or that more of it will come; framed or alone. Case does not count
LAST_WORDS = any_of(rf"""
    more(?: (?:follows|to (?:follow|come)|soon|later))?|(?:more )?details to follow
    (?:story )?developing(?: story)?
    ends?|finish|fin|fine|fim|einde|ende|schluss|slot|end it
    suite|suite et fin|suivra|à suivre|fin de (?:la )?dépêche|plus(?: d['’]informations?)? à (?:venir|suivre)
    (?:suit|suivent|plus de|autres) (?:développements?|détails|précisions)
    (?:développements?|détails|précisions) (?:suit|suivent|suivront|à suivre|à venir)
    segue(?: aggiornamento| servizio)?|sigue|(?:notizia )?in aggiornamento
    (?:altri|maggiori) (?:dettagli|particolari)(?: (?:a breve|seguono))?
    continúa|continua|seguirá|(?:habrá|seguirá|en|sigue) (?:ampliación|desarrollo)
    (?:noticia )?en desarrollo|más (?:información )?en breve
    (?:notícia |matéria |texto )?em (?:atualização|actualização|desenvolvimento)
    mais (?:informações )?em breve
    folgt(?: mehr)?|mehr folgt|mehr in kürze|fortsetzung folgt|forts\.? folgt|weitere meldung folgt
    (?:weitere )?(?:einzelheiten|details) folgen
    (?:meldung )?wird (?:laufend )?(?:ergänzt|aktualisiert|fortgesetzt)
    wordt (?:vervolgd|aangevuld|bijgewerkt)|volgt(?: meer)?|meer volgt|vervolg
    meer (?:details )?(?:volgen|volgt)
    mf|mfl
    (?:end|ende|einde|fine?|fim|final) (?:(?:of|der|del?|du|d[ao]|della|van)(?: the| la| het)? )?{_TEXT_WORDS}
""")
#: single words of these, as parts of a signature: "Agency/Fim"
END_WORDS = words("more end ends fin fine fim einde ende schluss slot segue sigue suite nnn nnnn")
#: words that stand in stamps of sending beside figures
STAMP_WORDS = words("gmt utc local time hrs uhr uur nnn nnnn")
#: pictures and sound that came with a text: "(foto) (vídeo)"
_MEDIA = (
    "photos?|fotos?|fotografías?|pictures?|images?|bilder|videos?|vídeos?|audios?|gráficos?|infograf[ií]as?"
)
#: words before the time of a text
_STAMPED = any_of(r"""
    publicad[oa]|published|posted|(?:last )?updated|actualizad[oa]|atualizad[oa]|publiée?(?: le)?
    mise? à jour(?: le)?|veröffentlicht|aktualisiert|erstellt|stand|pubblicat[oa]|aggiornat[oa]|gepubliceerd
    bijgewerkt|created|issued
""")
#: what a picture is called before its author's name
_PICTURES = "photos?|fotos?|pictures?|images?|bild|bilder|video"
#: when a line was sent: "12-GEN-21 14:30", "12/01/2021 14:30:00"
_STAMP = r"\d{1,4}[-/.](?:\d\d?|[^\W\d_]{3})[-/.]\d\d(?:\d\d)?[ ,/]+\d\d[:.]\d\d(?:[:.]\d\d)?(?: [a-z]{3,4})?"
#: the end of a page or a text, wherever the paragraph stands: it is never a sentence
PAGE_ENDS = any_of(rf"""
    [-*#=_.~•·+—–/\s]{{3,}}
    #+
    [(\[]\s*(?:{LAST_WORDS})\.?\s*[)\]]
    [-–—/=*+]{{1,4}}\s?(?:{LAST_WORDS}|0|30)\s?[-–—/=*+]{{1,4}}
    issn [\dx -]{{8,12}}
    (?-i:MORE|MF|MFL)|mfl?|(?:page|seite|página|pagina) \d{{1,2}}:? ?\d\d[:.]\d\d
    (?:issn [\d -]+)?{_STAMP}(?: \(\d+\))?(?: \d)?(?: nnn+)?
    \d\d[:.]\d\d \d\d[-/.]\d\d[-/.]\d\d(?:\d\d)?(?: nnn+)?
    [a-z]{{2,5}}\d{{3,5}} \d{{4}}-\d\d-\d\d/\d\d:\d\d
    [a-z]{{2,4}}-[a-z]{{2,4}}-\d\d-\d\d-\d\d \d{{4}}(?:[a-z]{{3}})?
    (?:\w+(?:/\w+)? )?(?:\d{{8}}t\d{{6}}z|\d{{6}}(?: ?[a-z]{{1,5}})? [^\W\d_]{{3,9}}\.? \d\d(?:\d\d)?)
    nnn+
    -0-(?: [\w/.-]{{2,20}}){{1,4}}
""")
#: the end of a text, where nothing of the story follows
TEXT_ENDS = any_of(rf"""
    (?:{LAST_WORDS}|-?enditem|item ends?|-?30-?)\.?
    (?:page|seite|página|pagina) \d{{1,2}}(?: (?:of|de|von|sur|di|van) \d{{1,2}})?
    \d{{1,2}} (?:of|von|sur|di|van) \d{{1,2}}
    \(?(?:(?:{AGENCY_NAMES})[ /])?(?:{_PICTURES}) ?(?:: ?|by |von )[^.!?]{{2,50}}\)?
    (?:\((?:{_MEDIA})(?:[\s,/]+(?:{_MEDIA}))*\)\s?)+
    source text(?: for eikon)?:[^\n]{{0,80}}|further company coverage:[^\n]{{0,40}}
    (?:related (?:news|stories)|read also|also read|read more|see also)\s?:[^\n]{{3,150}}
    (?:(?:à )?lire aussi|voir aussi)\s?:[^\n]{{3,150}}
    (?:leia (?:também|mais)|veja também|lea también|leer más|leggi anche|lees ook|lees meer)\s?:[^\n]{{3,150}}
    (?:mehr zum thema|lesen sie (?:auch|dazu)|siehe auch)\s?:[^\n]{{3,150}}
    (?:más|mais|more|plus|mehr|meer|altro) (?:en|em|on|at|sur|auf|bei|op|su) (?-i:[A-ZÀ-Þ])[^.!?]{{2,40}}:
    (?:source|quelle|fonte|fuente|bron)\s?: ?(?:the |l['’]|la |el )?(?:{AGENCY_NAMES})
    (?:{_STAMPED})\s?: ?(?=[^\n]{{0,30}}(?:\d[./:-]\d|\d{{4}}))[^!?\n]{{6,45}}
    (?-i:ISIN|WKN|RIC)(?: [A-Z0-9]{{6,12}})+
    \d{{3,5}}\*\*\d{{3,5}}
    [a-z]{{2,4}}\.[a-z]{{2,4}}
    (?-i:SOURCE):? [^.!?]{{2,50}}\.?
    [(\[](?:{LAST_WORDS})[)\]]\s*(?:{AGENCY_NAMES})\.?
    (?:by|door|por|von|par|di|da)\s?: ?(?:{AGENCY_NAMES})
    (?:lusa|efe|ansa|afp|dpa|belga|anp|ats)[/\s-]+(?:fim|fin|fine|ende|einde)
""")
#: says that the story is over; where it stands once, what follows is about the sender, or for newsrooms
LAST_MARKS = any_of(r"""
    [-–—*/ ]*(?-i:ENDS?|Ends)[-–—*/. ]*
    [-–— ]*30[-–— ]*
    #{3}
""")
#: how it begins what follows it
AFTER_END = any_of(r"""
    (?:about|à propos|über|acerca de|sobre|informazioni su|over) (?-i:[A-ZÀ-Þ])
    notes? (?:to|for|aux|à|an|a|per)\b|notas? (?:para|a)\b
    (?:media |press )?contacts?\b|(?:presse)?kontakt|contacto|contatti|ansprechpartner
    (?:for|pour|für|para|per|voor) (?:more|further|plus|tout|weitere|más|mais|ulteriori|meer)\b
    background|source:|photos?:|images?:|website:|www\.|https?:
""")
#: the heading of whom to ask, where telephone numbers or addresses follow
CONTACT_HEADS = any_of(r"""
    rückfrage(?:n|hinweise?)|(?:presse|medien)?kontakte?|(?:media|press|investor)(?: relations)? contacts?
    (?:media |press )?(?:contacts?|enquiries|inquiries)|contacts? (?:presse|médias?)
    relations (?:presse|médias)
    contactos?(?: de prensa| para (?:la )?prensa)?|contatos?(?: para (?:a )?imprensa)?|contatti(?: stampa)?
    perscontact|(?:voor )?meer informatie|para más información
    per (?:ulteriori )?informazioni|assessoria de imprensa
""")
#: the same, on the last line of the story itself: a sentence ended before it
INLINE_ENDS = any_of(rf"""
    [(\[](?:{LAST_WORDS})\.?[)\]]
    [-–—/=*+]{{1,4}}\s?(?:{LAST_WORDS}|0|30)\s?[-–—/=*+]{{1,4}}
    (?-i:ENDS?|MORE|FIN|FINE|FIM|EINDE|ENDE|SEGUE|SIGUE|SUITE|End|Ends|Fin|Fine|Fim|Einde|Ende|Segue|Sigue|Suite)
    \./\.
    \(© ?[^()]{{2,30}}\)|\((?:www\.|https?:)[^()\s]{{3,80}}\)
    enditem
    #{{2,}}
""")
#: who claims rights; no reader's text
RIGHTS = any_of(r"""
    \(?(?:©|\(c\)|copyright\b)[^\n]{0,400}
    (?:all rights reserved|tous droits (?:de reproduction[^.]{0,60} )?réservés)\b[^\n]{0,300}
    (?:todos los derechos reservados|todos os direitos reservados)\b[^\n]{0,300}
    (?:alle rechte vorbehalten|alle rechten voorbehouden)\b[^\n]{0,300}
    (?:riproduzione riservata|tutti i diritti riservati)\b[^\n]{0,300}
    [^\n]{0,120}(?:all rights reserved|tous droits réservés|alle rechte vorbehalten
    alle rechten voorbehouden)\.?
    [^\n]{0,120}(?:todos l?os (?:derechos|direitos) reservados|(?:riproduzione riservata
    i diritti riservati))\.?
    \*{2,4}[^*\n]{0,120}(?:original ?text|responsib|verantwortung|responsabil)[^*\n]{0,120}\*{2,4}
    the post\b[^\n]{1,300}\b(?:appeared first|first appeared) on\b[^\n]{2,100}
    (?:l['’]article|cet article)\b[^\n]{1,300}\best apparu en premier sur\b[^\n]{2,100}
    der beitrag\b[^\n]{1,300}\berschien zuerst auf\b[^\n]{2,100}
    (?:la entrada|el artículo)\b[^\n]{1,300}\b(?:se publicó primero en|apareció primero en)\b[^\n]{2,100}
    o post\b[^\n]{1,300}\bapareceu primeiro em\b[^\n]{2,100}
    l['’]articolo\b[^\n]{1,300}\bproviene da\b[^\n]{2,100}
    het bericht\b[^\n]{1,300}\bverscheen eerst op\b[^\n]{2,100}
    this report by [^\n]{3,60} was first published [^\n]{3,60}
    cette dépêche a été rédigée avec l['’]aide[^\n]{3,120}
    (?:dpa-infocom,? )?dpa:\d{6}-[\d-]+(?:/\d+)?
    this (?:material|content) may not be published, broadcast, rewritten[^\n]{0,100}
    (?:our standards|nos standards|nuestros estándares|nossos padrões|unsere standards)\s?:[^\n]{3,100}
""")
#: one of these is in every claim of rights
RIGHTS_WORDS = (
    *("©", "(c)", "copyright", "reserv", "réservés", "vorbehalten", "voorbehouden", "riservat"),
    *("appeared", "en premier sur", "zuerst auf", "primero en", "primeiro em", "proviene da", "eerst op"),
    *("original", "responsib", "verantwortung", "responsabil"),
    *("first published", "été rédigée avec", "dpa:", "standards", "estándares", "padrões", "may not be"),
)
_EMAIL = r"[\w.+-]+@[\w.-]+\.\w{2,}"
_PHONE = r"\+?\(?\d[\d\s().-]{6,}"
#: whom to ask
CONTACTS = any_of(rf"""
    \(\([^\n]{{3,300}}\)\)
    (?:contacts?|kontakt|contacto|contatos?|contatti|news ?desk|tel(?:efon|efono|éfono|\.)?|phone|desk|e-?mail
    for more information|téléphone|redactie|persdienst)\b[^\n]{{0,80}}?(?:{_PHONE}|{_EMAIL})[^\n]{{0,120}}
    [-–—]\s?(?:[^\W\d_][\w.'’-]*[\s,:;/]+){{1,6}}[(]?{_PHONE}
    (?:[^\W\d_][\w.'’-]* ){{0,3}}(?:{BUREAUS})(?: [^\W\d_][\w.'’-]*){{0,3}}[\s,:;]+[(]?{_PHONE}[\d )]*
    [-–—]?\s?[^.!?;\n@]{{3,60}}(?:;[^;\n]{{0,60}}?(?:{_PHONE}|{_EMAIL})[^;\n]{{0,40}})+(?:;[^;\n]{{2,30}}){{0,2}}
    \([^()\n]{{3,200}}{_EMAIL}[^()\n]{{0,80}}\)
    (?:write|written|e-?mail|schreiben sie|écrire|escriba|scrivere) (?:to|an|à|a) [^\n]{{2,80}}{_EMAIL}\.?
    [-–•]?\s?(?:[^\W\d_][\w.'’-]*[\s,:;]+){{0,8}}[<(]?{_EMAIL}[>)]?[.;,\s]*(?:{_PHONE})?
    [^.!?\n]{{0,80}}(?:https?://|www\.)\S+(?<![.,])
    (?:(?:twitter|x|telegram|facebook|instagram|threads|bluesky) ?:? ?)?@[\w.]{{2,30}}
    on the net: ?\S+|follow [^\n]{{2,80}} on (?:twitter|facebook|instagram|x)\b[^\n]{{0,80}}
    to contact the (?:reporters?|editors?)\b[^\n]{{3,200}}
    \(?\+\d{{1,3}}[\d\s().-]{{6,20}}\)?
""")
#: a block for other newsrooms begins; what follows is none of the text
NOTEBOOKS = any_of(r"""
    #{1,3} ?(?:\w{2,6}-)?(?:notizblock|redaktionelle hinweise|kontakte|orte|internet|service)[^\n]{0,60}
    #{1,3} ?(?:\w{2,6}-)?(?:notebook|editorial notes|notes|contacts|links|locations|background)[^\n]{0,60}
    #{1,3} ?(?:bloc de notas|block de notas|contactos|notas|bloc-notes|notes de la rédaction)[^\n]{0,60}
    (?:dpa-)?(?:notizblock|kontakte):?
""")
_HAND = r"[a-z][a-z0-9]{1,4}(?:-[a-z]{2,5})*"
#: the letters that those who handled a text sign with, also on the last line of the story; these heed case
INITIALS = any_of(rf"""
    (?:\([^\W\d_]{{3,10}}\) )?(?:[A-Z]{{2,9}}[ /-])?(?:burs?-)?{_HAND}(?:/{_HAND}){{1,6}}/?
    (?:dpa|apa|sda|ats|awp|afp|efe|anp|sid|epd|kna|belga|ntb)(?:[-/][a-z]+)*(?: [a-z][a-z0-9]{{1,6}}){{1,7}}
    -{{0,2}}(?:IANS|ANI|UNI|PTI)(?:[ /][A-Z]{{2,4}})*(?: \d{{4}})?
    \([^\W\d_]{{3,10}}\) ?[A-Z]{{2,4}}(?:/[A-Z]{{2,4}})*
    \([A-Z]{{2,4}}(?:, ?(?:[A-Za-z]{{2,5}}|\d{{1,4}}))+\)
    [A-Z]{{2,3}}-{{2,3}}[A-Z]{{2,3}}\.?
    [A-Z]{{2,9}}(?: [a-z][a-z0-9]{{1,4}}){{1,5}}
    [A-Z]{{2,5}}(?:/[A-Z]{{2,5}})*(?: ?\([A-Z]{{2,5}}\))? ?// ?[A-Z]{{2,5}}\.?
    [A-Za-z]{{2,5}}(?:/[A-Za-z]{{2,5}}){{1,6}}/?
    \((?!sic\))[a-z]{{2,4}}(?:/[a-z]{{2,4}})*\)
    (?<=\)\.\s)[A-Z]{{2,4}}(?:-[A-Z]{{2,4}})*
    \(end\) [a-z]{{2,4}}(?:\.[a-z]{{2,4}})*
    [A-Z]{{2,4}}(?:[-/][A-Z]{{2,4}}){{1,3}}/?
    [A-Z][a-z]{{1,3}}\d?/[A-Z]?[a-z]{{1,4}}\d?
    \([A-Z][a-z]{{1,3}}(?:-[A-Z][a-z]{{1,3}})?/[A-Z]\w{{2,12}}\)
    \((?:[A-Z]\.\s?){{1,3}}\)
""")
#: the same, where nothing else is in the paragraph: a few letters are no sentence
LONE_INITIALS = any_of(r"""
    [-–—/(]{0,2}[a-z]{2,5}(?: [a-z]{1,5}){0,4}[)/]?
    [-–—/(]{0,2}[A-Z]{2,4}(?: [A-Z]{2,4})?[)/]?
    [-–—/(]{0,2}[A-Za-zÀ-ÿ]{1,5}(?:[-/][A-Za-zÀ-ÿ]{1,5}){1,6}[)/]{0,2}
    [A-Z][a-z]{1,2}\d?|[A-Z][a-z](?: [a-z]{2}){1,2}
    [-–—(]{0,2}(?:[A-Z]\.){2,3}\)?
    [A-Z]{2,3}/\d{5,8}
    \d{5,8} [a-z]{2,5}(?:[-/][a-z]{2,5}){0,6}
    (?:[A-Z]{2,4}/){1,4}[A-Z]{2,6}-\d{2,5}(?: [^\W\d_]{3,10} \d{4})?
""")
