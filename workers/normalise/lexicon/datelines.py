"""Words that make a place of a dateline likely or impossible. Data only; a language is one more line."""

from workers.normalise.lexicon.calendar import WEEKDAYS
from workers.normalise.lexicon.words import any_of, names, words

#: words that open a text with a date and are no place: "Election Day, November 3 -", "By A. Writer, May 2 -"
NEVER_PLACE = frozenset(WEEKDAYS) | words(
    "by par von por update updated posted published publié corrected correction day eve week year "
    "night morning evening jour veille tag abend día noche summary factbox timeline analysis photo "
    "file door di publicado pubblicato gepubliceerd veröffentlicht actualizado atualizado "
    "aggiornato bijgewerkt"
)
#: words that open a sentence with a place and a date: "In Paris, May 3 - a day of strikes -"
NEVER_FIRST = words(
    "in at on after since before during from to until en à dans depuis après avant im seit nach vor desde "
    "em no na após dopo nel nella da dal op na sinds voor bij"
)

#: written small inside a place's name
PARTICLES = words(
    "a am an and au aux d da das de del della der des di do dos du e el en es et la las le les lès "
    "los of on par près saint-sur sous sur the upon y zu van aan den het bei ob und nel sul"
)
#: between two places that a text was written in: "PARIS et LYON"
BETWEEN_PLACES = ("and", "et", "und", "y", "e", "en")

#: cities that stand in datelines without state or country: there a dash after the name is enough
CITIES_ALONE = names(
    """
    amsterdam|ankara|athens|baghdad|bangkok|beijing|beirut|berlin|bogota|brussels|buenos aires|cairo|canberra
    caracas|copenhagen|damascus|dakar|delhi|dhaka|djibouti|dubai|dublin|frankfurt|geneva|guatemala city|havana
    helsinki|hong kong|islamabad|istanbul|jakarta|jerusalem|johannesburg|kabul|kampala|karachi|kathmandu
    khartoum|kinshasa|kyiv|kiev|kuala lumpur|kuwait city|lagos|lima|lisbon|london|luxembourg|madrid|manila
    melbourne|mexico city|milan|monaco|moscow|mumbai|munich|nairobi|new delhi|oslo|ottawa|panama city|paris
    prague|pyongyang|quebec city|rio de janeiro|riyadh|rome|san marino|santiago|sao paulo|são paulo|seoul
    shanghai
    singapore|stockholm|st. petersburg|sydney|taipei|tehran|tel aviv|tokyo|toronto|tripoli|tunis
    united nations
    vatican city|vienna|warsaw|zagreb|zurich
    atlanta|baltimore|boston|chicago|cincinnati|cleveland|dallas|denver|detroit|honolulu|houston|indianapolis
    las vegas|los angeles|miami|milwaukee|minneapolis|new orleans|new york|oklahoma city|philadelphia|phoenix
    pittsburgh|st. louis|salt lake city|san antonio|san diego|san francisco|seattle|washington
    montreal|montréal|vancouver|calgary|edmonton|winnipeg|halifax|victoria|regina|saskatoon|québec
    bruxelles|genève|londres|lisbonne|moscou|pékin|berne|bern|wien|münchen|rom|roma|milano|lisboa|brussel
    den haag|parigi|londra|madri|brasília|brasilia
    abidjan|abou dhabi|abu dhabi|abuja|accra|addis ababa|addis abeba|addis-abeba|adelaide|aden|alger|algier
    algiers|almaty|amman|amán|antananarivo|asmara|astana|asuncion|asunción|atenas|atene|athen|athènes
    auckland|bagdad|baku|bamako|bandar seri begawan|bangui|banjul|barcelona|basel|basra|beirute|belgrad
    belgrade|belgrado|belmopan|beyrouth|bichkek|bishkek|bissau|bogotá|bratislava|brazzaville|bridgetown
    brisbane|bruselas|bruxelas|bucarest|bucharest|budapest|bujumbura|bukarest|cape town|casablanca|chennai
    chisinau|cidade do méxico|città del vaticano|cité du vatican|ciudad de guatemala|ciudad de méxico
    ciudad de panamá|ciudad del vaticano|cologne|colombo|conakry|cotonou|damas|damasco|damaskus
    dar es salaam|dodoma|doha|donetsk|dushanbe|düsseldorf|edinburgh|erbil|erevan|freetown|gaborone|gaza
    gaza city|genf|georgetown|ginebra|ginevra|glasgow|goma|hamburg|hanoi|hanói|harare|ho chi minh city
    jerusalén|juba|jérusalem|kaboul|kairo|kharkiv|kharkov|kiew|kigali|kingston|kolkata|kopenhagen|koweït
    krakow|l'aia|la habana|la havana|la havane|la haye|la paz|la valette|lahore|lausanne|le caire|le cap
    libreville|lille|lilongwe|ljubljana|lome|lomé|luanda|lubumbashi|lusaka|luxemburg|lviv|lyon|malabo
    managua|manama|maputo|marseille|mascate|maseru|mbabane|minsk|mogadiscio|mogadishu|monrovia|montevideo
    montevidéu|moroni|mosca|moscovo|moscú|moskau|moskou|muscat|n'djamena|naypyitaw|niamey|nicosia|nicosie
    nikosia|nouakchott|nouméa|nuku'alofa|nur-sultan|n’djamena|odesa|odessa|ouagadougou|oulan-bator|papeete
    paramaribo|pechino|peking|pekín|pequim|perth|phnom penh|podgorica|port moresby|port of spain|port vila
    port-au-prince|port-louis|porto|porto alegre|porto-novo|prag|praga|praia|pretoria|pristina|quito|rabat
    rangoon|recife|reykjavik|riad|riga|riyad|rotterdam|san jose|san josé|san juan|san salvador|sana'a|sanaa
    sarajevo|sevilla|skopje|sofia|st. john's|strasbourg|straßburg|stuttgart|suva|tachkent|tallinn
    tananarive|tashkent|tbilisi|teerã|tegucigalpa|teheran|teherán|thimphu|tirana|tokio|torino|tunez|tunisi
    peshawar|quetta|rawalpindi|multan|faisalabad|bengaluru|bangalore|ahmedabad|lucknow|patna|jaipur|bhopal|srinagar
    guwahati|chandigarh|thiruvananthapuram|chittagong|sylhet|kandahar|herat|mandalay
    téhéran|tóquio|túnez|ulaanbaatar|ulan bator|valencia|valletta|varsavia|varsovia|varsovie|viena|vienne
    vientiane|vilnius|warschau|wellington|wenen|windhoek|yangon|yaounde|yaoundé|yerevan|zürich
    """
)
#: how Switzerland tells towns of one name apart: "Wil SG"
CANTONS = words("AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH FL")
#: what a place is called where a text says it again: "dans la wilaya de Tiaret". A regular expression
PLACE_NAMED = any_of(r"""
    (?:city|town|village|port|county|province|district|state|region) of
    (?:ville|village|commune|province|région|wilaya|préfecture|département|canton|gouvernorat) d(?:e |['’])
    (?:stadt|kreis|landkreis|gemeinde|provinz|region)
    (?:ciudad|municipio|provincia|departamento|estado|localidad|comuna|cidade|município|distrito|região) de
    (?:città|comune|provincia|regione) di|(?:stad|gemeente|provincie|dorp)
""")
#: words of place before it: "in Hasselt". A regular expression
PLACE_AFTER = r"in|near|outside|around|à|près de|en|cerca de|em|perto de|a|vicino a|bei|nahe|bij|nabij"

#: countries that stand in capitals after a city: no agencies
COUNTRY_CODES = words(
    "USA US UK UAE EUA EEUU RDC VAE RFA DRC RCA NZ PNG FR BE CH DE IT ES PT NL UE EU ONU UN"
)
#: states and provinces as datelines write them after a city
REGIONS = names(
    """
    ala.|ariz.|ark.|calif.|colo.|conn.|del.|fla.|ga.|ill.|ind.|kan.|ky.|la.|md.|mass.|mich.|minn.|miss.|mo.
    mont.
    neb.|nev.|n.h.|n.j.|n.m.|n.y.|n.c.|n.d.|okla.|ore.|pa.|r.i.|s.c.|s.d.|tenn.|vt.|va.|wash.|w.va.|wis.
    wyo.|d.c.
    alaska|hawaii|idaho|iowa|maine|ohio|texas|utah|alabama|arizona|arkansas|california|colorado|connecticut
    delaware|florida|georgia|illinois|indiana|kansas|kentucky|louisiana|maryland|massachusetts|michigan
    minnesota
    mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|north carolina
    north dakota
    oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|vermont|virginia
    west virginia
    wisconsin|wyoming|puerto rico
    qc|qué.|n.-b.|n.-é.|î.-p.-é.|t.-n.-l.|t.-n.|alb.|c.-b.|t.n.-o.
    n.s.w.|vic.|qld.|w.a.|s.a.|tas.|a.c.t.|n.t.
    ags.|b.c.s.|chih.|chis.|coah.|dgo.|gro.|gto.|hgo.|jal.|nay.|oax.|pue.|q. roo|qro.|s.l.p.|sin.|son.|tamps.
    tlax.|ver.|yuc.|zac.
    alta.|b.c.|man.|n.b.|n.l.|n.s.|n.w.t.|ont.|p.e.i.|que.|sask.|nunavut|yukon|ontario|quebec|alberta|manitoba
    """
)
