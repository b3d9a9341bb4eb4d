"""What is written with a capital inside a sentence and is translated all the same, per language.

Lists of our own, of what captions are full of; a name that is missing here stays as it was said, which the review
page shows. Names of countries are not here: CLDR has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _set(words: str, *, separator: str | None = None) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in words.split(separator))


@dataclass(frozen=True, slots=True)
class Capitals:
    """One language; all of it in small letters."""

    titles: frozenset[str]
    """Words before a name; what follows one is a name wherever it stands. Themselves they are translated."""

    articles: frozenset[str]
    """What follows one and has a capital is more often a thing than a person."""

    small: frozenset[str]
    """Words with a capital only for their place (the start of a verse), and the pronoun I."""

    openers: frozenset[str]
    """First words of a sentence that are no part of the name behind them; none in a language where any verb is."""

    unstressed: frozenset[str]
    """Words that a headline writes small."""

    translated: frozenset[str]
    """Days, months, nationalities, beliefs, feasts, and the like."""

    kinds: frozenset[str]
    """Words that say what a name is the name of; with them it is translated: ``Oxford University``."""

    compass: frozenset[str]
    """Words before a place that leave it one."""

    places: frozenset[str]
    """Cities and regions that have names in other languages."""


_ENGLISH = Capitals(
    titles=_set(
        "mr mrs ms miss mister dr prof doctor professor sir madam lady lord dame king queen prince princess president"
        " captain colonel general sergeant lieutenant major admiral capt col gen sgt lt inspector detective officer"
        " senator judge saint st uncle aunt auntie father mother brother sister pope reverend rev emperor duke"
    ),
    articles=_set("the"),
    small=_set(
        "i a an the and or but if so as at by for from in into of off on onto out over to up with without about after"
        " before behind between through under until because while than then that this these those there here he she it"
        " we you they me him her us them my your his its our their mine yours who whom whose what which when where why"
        " how is are am was were be been being do does did done have has had can could would should shall must might"
        " not no yes never ever always all any both each every some such only just like too very more most one two"
        " now again ok okay oh ah hey"
    ),
    openers=_set(
        "hello hi hey dear thank thanks bye goodbye welcome sorry please well look listen wait come go stop let get ask"
        " tell call meet see say give take bring show help find follow watch remember forget know love hate kiss poor"
        " good great big little old young new real good-bye will may can did does do is are was were has have had"
        " maybe perhaps even also still today yesterday tomorrow tonight later once suddenly finally"
    ),
    unstressed=_set("a an the and or but nor of in on at by for from to with as into over"),
    translated=_set(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
        " september october november december christmas easter halloween thanksgiving ramadan god jesus christ bible"
        " koran internet web earth moon sun heaven hell english british scottish irish welsh american canadian mexican"
        " brazilian argentinian argentine chilean colombian peruvian cuban latin latino hispanic european african asian"
        " australian french spanish german italian portuguese greek turkish russian ukrainian polish swiss austrian"
        " belgian dutch danish swedish norwegian finnish hungarian czech slovak romanian bulgarian serbian croatian"
        " egyptian moroccan nigerian kenyan israeli palestinian arab arabic iranian iraqi syrian lebanese saudi afghan"
        " indian pakistani chinese japanese korean vietnamese thai indonesian filipino christian jewish jew muslim"
        " islamic islam catholic protestant orthodox buddhist hindu roman soviet nazi victorian congress parliament"
        " senate mom mum mommy mummy mama dad daddy papa grandma grandpa granny frenchman englishman englishmen"
        " republican democrat democratic communist socialist"
    ),
    kinds=_set(
        "university college institute museum church cathedral school hospital court council party war bridge river sea"
        " ocean lake mountain mountains union nations states kingdom republic empire house ministry department bank"
        " committee army navy agreement treaty act prize wall revolution century olympic olympics"
    ),
    compass=_set("north south east west northern southern eastern western central ancient modern medieval"),
    places=_set(
        "united states of america,"
        " america, north america, south america, latin america, central america, england, scotland, wales, britain,"
        " great britain, northern ireland, holland, bavaria, catalonia, andalusia, tuscany, sicily, sardinia, brittany,"
        " normandy, flanders, burgundy, siberia, scandinavia, crimea, california, texas, florida, new mexico, hawaii,"
        " pennsylvania, louisiana, new jersey, north carolina, south carolina, virginia, west virginia, new england,"
        " london, edinburgh, paris, marseilles, lyons, nice, bordeaux, strasbourg, rome, milan, venice, florence,"
        " naples, turin, genoa, berlin, munich, cologne, hamburg, frankfurt, nuremberg, dresden, vienna, salzburg,"
        " geneva, zurich, basel, bern, brussels, antwerp, ghent, bruges, the hague, amsterdam, rotterdam, copenhagen,"
        " stockholm, gothenburg, oslo, helsinki, reykjavik, dublin, warsaw, cracow, krakow, prague, budapest,"
        " bucharest, sofia, belgrade, sarajevo, athens, thessaloniki, istanbul, constantinople, moscow,"
        " saint petersburg, st petersburg, kiev, kyiv, lisbon, porto, madrid, barcelona, seville, saragossa, cordoba,"
        " cairo, tunis, algiers, tangier, casablanca, marrakesh, cape town, johannesburg, jerusalem, bethlehem,"
        " tel aviv, baghdad, damascus, beirut, tehran, mecca, medina, kabul, delhi, new delhi, bombay, calcutta,"
        " beijing, peking, shanghai, tokyo, kyoto, seoul, pyongyang, bangkok, hanoi, jakarta, manila, sydney,"
        " new york, new york city, los angeles, chicago, boston, philadelphia, new orleans, san francisco, houston,"
        " washington, miami, las vegas, mexico city, havana, quebec, montreal, toronto, vancouver, rio de janeiro,"
        " sao paulo, buenos aires, babylon, troy, carthage, pompeii, sparta",
        separator=",",
    ),
)

_SPANISH = Capitals(
    titles=_set("sr sra srta dr dra prof d dña"),
    articles=_set("el la los las"),
    small=_set(
        "a al ante aquel así aún aunque bajo bien cada como cómo con contra cual cuál cuando cuándo de del desde donde"
        " dónde e el él ella ellas ellos en entre era es esa ese eso esta está este esto estos fue ha hasta hay he la"
        " las le les lo los más me mi mí muy nada ni no nos nosotros nunca o para pero por porque pues que qué quien"
        " quién se según ser si sí siempre sin sobre son su sus también tan te ti todo todos tu tú u un una unos usted"
        " ustedes vosotros y ya yo"
    ),
    openers=frozenset(),
    unstressed=_set("a al con de del e el en la las los o para por sin un una y"),
    translated=_set(
        "dios jesús cristo biblia corán navidad nochebuena pascua ramadán internet tierra luna sol papa estado gobierno"
        " congreso senado parlamento universidad enero febrero marzo abril mayo junio julio agosto septiembre"
        " octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo"
    ),
    kinds=_set(
        "universidad instituto museo iglesia catedral hospital consejo partido guerra puente río mar océano lago unión"
        " naciones estados reino república imperio casa ministerio banco premio revolución mundial"
    ),
    compass=frozenset(),
    places=_set(
        "américa, norteamérica, sudamérica, latinoamérica, centroamérica, inglaterra, escocia, gales, gran bretaña,"
        " irlanda del norte, holanda, baviera, cataluña, andalucía, galicia, castilla, aragón, navarra, país vasco,"
        " toscana, sicilia, cerdeña, bretaña, normandía, flandes, borgoña, siberia, escandinavia, crimea, tejas,"
        " florida, nuevo méxico, londres, edimburgo, parís, marsella, lyon, niza, burdeos, estrasburgo, roma, milán,"
        " venecia, florencia, nápoles, turín, génova, berlín, múnich, colonia, hamburgo, fráncfort, dresde, viena,"
        " ginebra, zúrich, basilea, berna, bruselas, amberes, gante, brujas, la haya, ámsterdam, róterdam, copenhague,"
        " estocolmo, gotemburgo, helsinki, dublín, varsovia, cracovia, praga, budapest, bucarest, sofía, belgrado,"
        " sarajevo, atenas, estambul, constantinopla, moscú, san petersburgo, kiev, lisboa, oporto, madrid, barcelona,"
        " sevilla, zaragoza, córdoba, la coruña, el cairo, túnez, argel, tánger, casablanca, ciudad del cabo,"
        " johannesburgo, jerusalén, belén, tel aviv, bagdad, damasco, beirut, teherán, la meca, medina, kabul,"
        " nueva delhi, bombay, calcuta, pekín, shanghái, tokio, kioto, seúl, bangkok, hanói, yakarta, manila, sídney,"
        " nueva york, los ángeles, chicago, boston, filadelfia, nueva orleans, san francisco, washington, miami,"
        " ciudad de méxico, la habana, quebec, montreal, río de janeiro, buenos aires, babilonia, troya, cartago,"
        " pompeya, esparta",
        separator=",",
    ),
)

LISTS: Mapping[str, Capitals] = {"en": _ENGLISH, "es": _SPANISH}
"""By primary language. Not German, whose nouns all have capitals."""
