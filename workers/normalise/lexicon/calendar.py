"""Months, days, clocks and time zones as wire copy writes them. Data only; a language is one more entry."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from workers.normalise.lexicon.words import words

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
        "januar jänner jän",
        "februar feber",
        "märz maerz mrz mär",
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
    "pt": (
        "janeiro",
        "fevereiro fev",
        "março marco",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro set",
        "outubro out",
        "novembro",
        "dezembro dez",
    ),
    "it": (
        "gennaio gen genn",
        "febbraio febbr",
        "marzo",
        "aprile",
        "maggio mag magg",
        "giugno giu",
        "luglio lug",
        "agosto",
        "settembre sett",
        "ottobre ott",
        "novembre",
        "dicembre",
    ),
    "nl": (
        "januari",
        "februari febr",
        "maart mrt",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "ru": (
        "января янв",
        "февраля фев",
        "марта мар",
        "апреля апр",
        "мая",
        "июня июн",
        "июля июл",
        "августа авг",
        "сентября сен сент",
        "октября окт",
        "ноября ноя нояб",
        "декабря дек",
    ),
}
#: name or short form of a month, lower case → 1 to 12
MONTHS = MappingProxyType(
    {name: 1 + n for names in _MONTHS.values() for n, forms in enumerate(names) for name in forms.split()}
)

#: day of the week, lower case → 0 (Monday) to 6: never the place of a dateline
WEEKDAYS = MappingProxyType(
    {
        name: day
        for listed in (
            "monday tuesday wednesday thursday friday saturday sunday",
            "mon tue wed thu fri sat sun",
            "mon tues wed thur fri sat sun",
            "mon tues wed thurs fri sat sun",
            "lundi mardi mercredi jeudi vendredi samedi dimanche",
            "montag dienstag mittwoch donnerstag freitag samstag sonntag",
            "montag dienstag mittwoch donnerstag freitag sonnabend sonntag",
            "lunes martes miércoles jueves viernes sábado domingo",
            "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
            "segunda terça quarta quinta sexta sábado domingo",
            "lunedì martedì mercoledì giovedì venerdì sabato domenica",
            "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        )
        for day, name in enumerate(listed.split())
    }
)
#: short forms of the days, which only a date tells from other words
SHORT_WEEKDAYS = words(
    "lun mar mer jeu ven sam dim mo di mi do fr sa so mié jue vie sáb dom seg ter qua qui sex gio "
    "ma wo vr za zo"
)
#: words before a date: "le 3 mai", "on May 3"
BEFORE_DATE = ("le", "on", "am", "den", "el", "ce", "em", "il", "op")
#: words between day and month: "3 de mayo"
INSIDE_DATE = ("de", "of", "del", "do")
#: words that a date with a time is written with, and that say nothing of it
DATE_FILLERS = words(
    """
    le on am den el ce em il op de of del do dem du da a à at um ab as às alle ore om the et y e un und bis
    jusqu'au jusqu'à jusqu’au jusqu’à jusqu'a jusqu’a
    until hour hours hrs hr uhr uur horas hora heures heure h o'clock
    time local locale ora
    von vom las los la au till tot fino hasta até avant antes s
    today hoy heute aujourd'hui aujourd’hui hoje oggi vandaag
    """
)

#: words for a time of day without figures → hour
NAMED_HOURS = MappingProxyType(
    {"midnight": 0, "minuit": 0, "mitternacht": 0, "medianoche": 0, "meia-noite": 0, "mezzanotte": 0}
    | {"middernacht": 0, "noon": 12, "midday": 12, "midi": 12, "mediodía": 12, "meio-dia": 12}
    | {"mezzogiorno": 12}
)


class Summer(StrEnum):
    """By which rule the clocks of a place go an hour forward."""

    #: last Sunday of March to last Sunday of October, at 01:00 UTC
    EUROPE = "europe"
    #: second Sunday of March to first Sunday of November, at 02:00
    AMERICA = "america"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone: minutes east of UTC in winter, and its rule for summer, if any."""

    minutes: int
    summer: Summer | None = None


#: zones by name → minutes east of UTC
_FIXED = (
    (0, "Z UT UTC GMT WET TU UTC/GMT TUC"),
    (-300, "EST CDT COT PET"),
    (-240, "EDT AST BOT CLT"),
    (-360, "CST MDT"),
    (-420, "MST PDT"),
    (-480, "PST AKDT"),
    (-540, "AKST"),
    (-600, "HST"),
    (-210, "NST"),
    (-180, "ADT ART BRT CLST"),
    (-150, "NDT"),
    (60, "BST WEST CET MEZ WAT"),
    (120, "CEST EET MESZ CAT SAST"),
    (180, "EEST MSK EAT TRT"),
    (210, "IRST"),
    (240, "GST"),
    (270, "AFT"),
    (300, "PKT"),
    (345, "NPT"),
    (420, "WIB ICT"),
    (480, "HKT SGT AWST PHT"),
    (540, "JST KST"),
    (570, "ACST"),
    (600, "AEST"),
    (630, "ACDT"),
    (660, "AEDT"),
    (720, "NZST"),
    (780, "NZDT"),
)
ZONES = MappingProxyType(
    {name: Zone(minutes=minutes) for minutes, listed in _FIXED for name in listed.split()}
    | {"ET": Zone(minutes=-300, summer=Summer.AMERICA), "CT": Zone(minutes=-360, summer=Summer.AMERICA)}
    | {"MT": Zone(minutes=-420, summer=Summer.AMERICA), "PT": Zone(minutes=-480, summer=Summer.AMERICA)}
)
_CENTRAL = Zone(minutes=60, summer=Summer.EUROPE)
_BRITISH = Zone(minutes=0, summer=Summer.EUROPE)
_EAST_EUROPE = Zone(minutes=120, summer=Summer.EUROPE)
_EASTERN = Zone(minutes=-300, summer=Summer.AMERICA)
_CENTRAL_AMERICA = Zone(minutes=-360, summer=Summer.AMERICA)
_PACIFIC = Zone(minutes=-480, summer=Summer.AMERICA)

#: places whose time is named, bars between: "hora de Lisboa", "London time", "heure de Paris"
_PLACES = (
    (_CENTRAL, "paris|berlin|madrid|rom|roma|rome|bruxelles|brussels|brüssel|brussel|amsterdam|vienna|wien"),
    (_CENTRAL, "vienne|geneva|genève|genf|zurich|zürich|bern|berne|milan|milano|barcelona|stockholm|oslo"),
    (_CENTRAL, "copenhagen|prague|warsaw"),
    (_BRITISH, "london|londres|londra|dublin|lisbon|lisboa|lisbonne"),
    (_EAST_EUROPE, "kyiv|kiev|athens|athènes|atenas|helsinki|bucharest|bucarest"),
    (
        _EASTERN,
        "new york|nueva york|nova york|washington|toronto|ottawa|montreal|montréal|québec|boston|miami",
    ),
    (_CENTRAL_AMERICA, "chicago"),
    (_PACIFIC, "los angeles|vancouver|san francisco"),
    (Zone(minutes=0), "dakar|abidjan|accra|greenwich|praia"),
    (Zone(minutes=60), "lagos|luanda|kinshasa|alger|algiers|tunis|yaoundé|niamey"),
    (Zone(minutes=120), "maputo|johannesburg|kigali|harare"),
    (Zone(minutes=180), "moscow|moscou|moskau|mosca|moscú|nairobi|istanbul|ankara|baghdad|riyadh"),
    (Zone(minutes=240), "dubai|abu dhabi"),
    (Zone(minutes=270), "kabul|kaboul"),
    (Zone(minutes=330), "new delhi|delhi|mumbai"),
    (Zone(minutes=420), "bangkok|jakarta|hanoi"),
    (Zone(minutes=480), "beijing|pékin|peking|pekín|pechino|singapore|hong kong|manila|perth"),
    (Zone(minutes=540), "tokyo|seoul|tokio|séoul|japan"),
    (Zone(minutes=-180), "brasília|brasilia|buenos aires|são paulo|montevideo"),
    (Zone(minutes=-240), "la paz|caracas|santo domingo|puerto rico|san juan"),
    (Zone(minutes=-300), "bogotá|bogota|lima|quito|panamá|jamaica"),
    (Zone(minutes=-360), "méxico|mexico|ciudad de méxico|guatemala|san salvador|managua|costa rica"),
)
#: how a place's time is written
_OF_PLACE = ("{} time", "{} local time", "heure de {}", "heures de {}", "heure d'{}", "hora de {}", "de {}")
_OF_PLACE_TOO = ("horas de {}", "horário de {}", "ora di {}", "ore di {}", "{}er zeit", "{} tijd")
#: names that do not follow it
_NAMED_TIMES = (
    (_CENTRAL, "uhr|uur|heure française|heures françaises|heure belge|heure suisse|hora peninsular"),
    (_CENTRAL, "hora peninsular española|hora española|hora central europea|ora italiana|ore italiane"),
    (_CENTRAL, "nederlandse tijd|belgische tijd|deutscher zeit|schweizer zeit|central european time"),
    (_CENTRAL, "mitteleuropäischer zeit|ora legale|ora solare|german time|french time|swiss time"),
    (_BRITISH, "uk time|british time|irish time|hora de portugal continental|hora continental"),
    (_EASTERN, "eastern time|eastern|us eastern time|eastern us time|u.s. eastern time|heure de l'est"),
    (Zone(minutes=-360, summer=Summer.AMERICA), "central time"),
    (Zone(minutes=-420, summer=Summer.AMERICA), "mountain time"),
    (_PACIFIC, "pacific time|us pacific time"),
    (Zone(minutes=-180), "hora argentina|hora de argentina|hora uruguaya"),
    (Zone(minutes=-300), "hora colombiana|hora de colombia|hora peruana|hora del perú|hora ecuatoriana"),
    (Zone(minutes=-240), "hora boliviana|hora venezolana|hora de venezuela"),
    (Zone(minutes=-360), "hora mexicana|hora del centro de méxico"),
    (Zone(minutes=330), "indian time|india time"),
    (Zone(minutes=60), "uhr mez"),
    (Zone(minutes=120), "uhr mesz"),
    (Zone(minutes=0), "uhr gmt|uhr utc"),
)
#: how agencies name their own time, lower case, as the words stand beside a clock time
LOCAL_TIMES = MappingProxyType(
    {
        form.format(place): zone
        for zone, listed in _PLACES
        for place in listed.split("|")
        for form in (*_OF_PLACE, *_OF_PLACE_TOO)
    }
    | {name: zone for zone, listed in _NAMED_TIMES for name in listed.split("|")}
)
