"""Names of news agencies, as datelines and sign-off lines write them. Data only."""

from types import MappingProxyType

from workers.normalise.lexicon.words import names, one_of, words

#: agencies that a dateline may name without a date beside them; names that are also words are left out
AGENCIES = names(
    """
    reuters|reuter|thomson reuters|thomson reuters foundation
    ap|associated press|the associated press|upi|united press international
    afp|agence france-presse|dpa|dpa-afx|dpa-infocom|deutsche presse-agentur|afx|sid|dapd|ddp|epd|kna|idw
    efe|agencia efe|europa press|servimedia|colpisa|ansa|adnkronos|askanews|agi|lapresse|la presse|italpress
    xinhua|cna|kcna|tass|itar-tass|interfax|ria novosti|ria|sputnik|kyodo|kyodo news|jiji|jiji press|yonhap
    pti|ani|ians|uni|aap|nzpa|the canadian press|canadian press|la presse canadienne|presse canadienne
    ats|keystone-ats|keystone-sda|sda|awp|apa|belga|anp|novum|lusa|ntb|ritzau|stt|tt|bta|bns|elta|leta
    pap|čtk|ctk|mti|agerpres|mediafax|tanjug|beta|hina|sita|tasr|ukrinform|unian|belta|anadolu|anadolu agency
    irna|isna|tasnim|fars|kuna|wam|qna|bernama|antara|vna|pajhwok|pajhwok afghan news|khaama press
    pa media|press association|bloomberg|bloomberg news|dow jones|dow jones newswires|marketwatch|bno news
    rfe/rl|cnn|notimex|télam|telam|agência brasil|agencia brasil|agência estado|prensa latina|andina|colprensa
    panapress|inter press service|ips|pr newswire|prnewswire|business wire|globe newswire|globenewswire
    folhapress|estadão conteúdo|gna|nan|wafa|fides|asianews|apanews|zenit|sapa|pana
    aip|acp|ami|app|nni|bss|unb|nampa|ziana|sta|fena|srna|mia|ana-mpa|dha|iha|sana|bna|ilna|trend|armenpress
    kazinform|abi|avn|acn|andes|amexi|quadratín|cana|noticias argentinas|dyn|dire|9colonne|radiocor|mf-dj
    tmnews|asca|sir|agência senado|agência câmara|o globo|gpd|idea|pte|pressetext|agence ecofin|toutpresse
    interfax-ukraine|rosbalt|regnum|ria|rtt|rttnews|newsis|vov|infoquest|jta|kap|saba|inp|ppi
    agencies|agences|agenturen|agencias|agências|agenzie|persbureaus|news agencies|wire services
    тасс|итар-тасс|риа новости|интерфакс|укринформ|белта|казинформ
    accesswire|cnw|newsfile|ots|news aktuell|new ziana|irin|un news|美國商業資訊|美国商业资讯|ビジネスワイヤ
    """
)
#: a regular expression for any of them
AGENCY_NAMES = one_of(AGENCIES)
#: agencies whose names are common abbreviations too: only after a place in capitals
SHORT_AGENCIES = names(
    "ae|na|tna|ina|ana|ats|uza|cmc|rb|fnb|ena|aa|cp|pa|pc|map|aps|tap|mena|spa|petra|nna|rtr|dj|kna|ep|pl"
)
#: agency, lower case → the local time that it writes where it names no zone, as LOCAL_TIMES has it
AGENCY_CLOCKS = MappingProxyType(
    {
        name: clocks
        for clocks, listed in (
            ("uhr", "dpa|dpa-afx|afx|ats|sda|keystone-sda|keystone-ats|awp|epd|kna|sid|dapd|ots"),
            ("heure de paris", "afp|agence france-presse"),
            ("hora de madrid", "efe|europa press|servimedia|colpisa"),
            ("ora italiana", "ansa|adnkronos|agi|askanews|lapresse|dire|nova|italpress|radiocor"),
            ("uur", "anp|belga|novum"),
            ("hora de lisboa", "lusa"),
            ("london time", "pa|pa media|press association"),
            (
                "eastern time",
                "ap|associated press|the associated press|upi|the canadian press|canadian press",
            ),
            ("hora de brasília", "agência brasil|agência estado|folhapress|estadão conteúdo"),
            ("hora argentina", "télam|telam|noticias argentinas"),
        )
        for name in listed.split("|")
    }
)
#: a name with one of these words is an agency's, known or not
AGENCY_WORDS = words(
    "press presse prensa news nouvelles nachrichten noticias notícias notizie agency agence agentur agencia "
    "agência agenzia radiocor newswire wire network presseagentur telegraph media dispatch nieuws persbureau"
)
