"""Words that are numbers or dates, folded, in the languages of the agencies.

Where "one" is an article too (un, uno, ein), it is left out.
"""

_WORDS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen
first second third fourth fifth sixth seventh eighth ninth tenth half quarter
january february march april june july august september october november december
jan feb apr jun jul aug sep sept oct nov dec
monday tuesday wednesday thursday friday saturday sunday
deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante
cinquante soixante mille millions milliard milliards premier première deuxième troisième quatrième
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
lundi mardi mercredi jeudi vendredi samedi dimanche
dos tres cuatro cinco seis siete ocho nueve diez doce quince veinte treinta cuarenta cincuenta cien millón
millones primero primera segundo segunda tercero tercera cuarto
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
lunes martes miércoles jueves viernes sábado domingo
zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert tausend
million millionen milliarde milliarden erste ersten zweite zweiten dritte dritten vierte vierten
januar februar märz april mai juni juli august september oktober november dezember
montag dienstag mittwoch donnerstag freitag samstag sonntag
два две три четыре пять шесть семь восемь девять десять сто тысяч миллионов
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
понедельник вторник среду среда четверг пятницу пятница субботу суббота воскресенье
اثنين ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة مئة ألف مليون
الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
"""

NUMBER_WORDS = frozenset(word.casefold() for word in _WORDS.split())
