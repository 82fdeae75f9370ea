"""The codes of languages, as BCP 47 begins its tags with them.

ISO 639-1, and of the languages without a code there those of ISO 639-3 that the CLDR has a name for, or that
the classifier knows. Thousands of others are spoken and not written news in: a code that is not here is a
sender's mistake far more often than a language.
"""

from types import MappingProxyType

from workers.normalise.lexicon.words import words

#: ISO 639-2 → ISO 639-1: BCP 47 takes the shorter one
_SHORT = dict(
    pair.split("=")
    for pair in words(
        "aar=aa abk=ab afr=af aka=ak alb=sq amh=am ara=ar arg=an arm=hy asm=as ava=av ave=ae aym=ay aze=az "
        "bak=ba bam=bm baq=eu bel=be ben=bn bis=bi bod=bo bos=bs bre=br bul=bg bur=my cat=ca ces=cs cha=ch "
        "che=ce chi=zh chu=cu chv=cv cor=kw cos=co cre=cr cym=cy cze=cs dan=da deu=de div=dv dut=nl dzo=dz "
        "ell=el eng=en epo=eo est=et eus=eu ewe=ee fao=fo fas=fa fij=fj fin=fi fra=fr fre=fr fry=fy ful=ff "
        "geo=ka ger=de gla=gd gle=ga glg=gl glv=gv gre=el grn=gn guj=gu hat=ht hau=ha hbs=sh heb=he her=hz "
        "hin=hi hmo=ho hrv=hr hun=hu hye=hy ibo=ig ice=is ido=io iii=ii iku=iu ile=ie ina=ia ind=id ipk=ik "
        "isl=is ita=it jav=jv jpn=ja kal=kl kan=kn kas=ks kat=ka kau=kr kaz=kk khm=km kik=ki kin=rw kir=ky "
        "kom=kv kon=kg kor=ko kua=kj kur=ku lao=lo lat=la lav=lv lim=li lin=ln lit=lt ltz=lb lub=lu lug=lg "
        "mac=mk mah=mh mal=ml mao=mi mar=mr may=ms mkd=mk mlg=mg mlt=mt mon=mn mri=mi msa=ms mya=my nau=na "
        "nav=nv nbl=nr nde=nd ndo=ng nep=ne nld=nl nno=nn nob=nb nor=no nya=ny oci=oc oji=oj ori=or orm=om "
        "oss=os pan=pa per=fa pli=pi pol=pl por=pt pus=ps que=qu roh=rm ron=ro rum=ro run=rn rus=ru sag=sg "
        "san=sa sin=si slk=sk slo=sk slv=sl sme=se smo=sm sna=sn snd=sd som=so sot=st spa=es sqi=sq srd=sc "
        "srp=sr ssw=ss sun=su swa=sw swe=sv tah=ty tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tib=bo tir=ti "
        "ton=to tsn=tn tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk urd=ur uzb=uz ven=ve vie=vi vol=vo wel=cy "
        "wln=wa wol=wo xho=xh yid=yi yor=yo zha=za zho=zh zul=zu"
    )
)
#: no longer valid, and still sent
_DEPRECATED = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro"}
#: without a code in ISO 639-1
_LONG = words(
    "ace ach ada ady aeb agq ain akz ale aln alt ann anp arn aro arp arq ars arw ary arz asa ase ast atj "
    "awa bal ban bar bas bax bbc bbj bcl bej bem bew bez bfd bfq bgc bgn bho bik bin bjn bkm bla blo blt "
    "bpy bqi bra brh brx bss bua bug bum byn byv cad car cay cch ccp ceb cgg chk chm chn cho chp chr chy "
    "cic ckb clc cmn cnr cps crg crh crj crk crl crm crs csb csw dak dar dav del den dgr din dje doi dsb "
    "dtp dua dyo dyu dzg ebu efi egl eka esu ewo ext fan fat fil fit fon frc frp frr frs fur fuv gaa gag "
    "gan gay gba gbz gcf gcr gil glk gom gon gor grb grc gsw guc gug gur guw guz gwi hai hak haw hax hbo "
    "hif hil hmn hnj hsb hsn hup hur iba ibb ikt ilo inh izh jam jgo jmc jpr jrb kaa kab kac kaj kam kbd "
    "kbl kcg kde kea ken kfo kgp kha khq khw kik kiu kkj kln kmb kmr koi kok kos kpe krc kri krj krl kru "
    "ksb ksf ksh kum kut kwk kxv lad lag lah lam lez lij lil liv lkt lmo lol lou loz lrc lsm ltg lua lun "
    "luo lus luy lzz mad maf mag mai mak man mas mde mdf mdr men mer mfe mgh mgo mic min mnc mni moe moh "
    "mos mrj mua mus mwl mwr mwv mye myv mzn nan nap naq nds new nia niu njo nmg nnh nog nqo nso nus nym "
    "nyn nyo nzi ojb ojc ojs ojw oka osa pag pam pap pau pcd pcm pdc pdt pfl pis pms pnt pon pqm prg prs "
    "quc qug raj rap rar rgn rhg rif rof rom rtm rue rug rup rwk sad sah saq sas sat saz sba sbp scn sco "
    "sdc sdh see seh sei sel ses sgs shi shn shu sid slh sli sly sma smj smn sms snk srn srr ssy stq str "
    "suk sus swb syr szl tce tcy tem teo ter tet tgx tht tig tiv tkl tkr tli tly tmh tog tpi tru trv trw "
    "tsd tsi ttm ttt tum tvl twq tyv tzm udm umb uzs vai vec vep vls vmf vmw vot vro vun wae wal war was "
    "wbp wuu xal xmf xnr xog yao yap yav ybb yrl yue zap zea zen zgh zun zza"
)

#: other codes of a language → the one of BCP 47
OTHER_CODES = MappingProxyType(_SHORT | _DEPRECATED)
#: primary subtags that are a language
LANGUAGES = _LONG | frozenset(OTHER_CODES.values())
#: ISO 639-2's words for "not said": undetermined, several, none, not coded
NOT_SAID = frozenset({"und", "mul", "zxx", "mis"})
