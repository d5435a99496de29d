"""Words that hold a sentence together and name nothing: articles, pronouns, prepositions, conjunctions, auxiliaries.

Of English also what only tells when.
"""

from collections.abc import Mapping

_BY_LANGUAGE = {
    "en": """a an the this that these those some any each every either neither both all no none another other others
    such same own i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we
    us our ours ourselves they them their theirs themselves one ones someone somebody something anyone anybody anything
    everyone everybody everything nobody nothing who whom whose which what whatever when where why how here there then
    now and or but nor so yet if because as until while since unless though although than whether of in on at by for
    with about against between into through during before after above below to from up down out off over under again
    further once around among across toward towards upon within without via per be is am are was were been being have
    has had having do does did doing done will would shall should can could may might must ought i'm you're he's she's
    it's we're they're i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll we'll they'll
    isn't aren't wasn't weren't hasn't haven't hadn't doesn't don't didn't won't wouldn't can't cannot couldn't
    shouldn't let's that's who's what's here's there's where's how's not only very too also just even still ever never
    always often really quite rather almost already maybe perhaps much many more most few little less least lot lots
    enough well like get gets got getting go goes going gone went come comes came make makes made take takes took say
    says said see sees know want let put back way thing things today tonight tomorrow yesterday day week month year time
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december yes oh ok okay please thanks rt gonna wanna""",
    "de": """der die das den dem des ein eine einer einem einen eines kein keine keiner keinen keinem dieser diese
    dieses diesen diesem jeder jede jedes jeden jedem alle alles allen viele vielen mehr manche solche ich du er sie es
    wir ihr mich mir dich dir ihn ihm ihnen uns euch sich mein meine meinen meiner meinem dein deine deinen deiner sein
    seine seinen seiner seinem ihre ihren ihrem ihrer unser unsere unseren unserer unserem euer eure euren eurer man wer
    wen wem was welche welcher welches wann wo warum wieso wie hier da dort dann jetzt und oder aber denn sondern doch
    wenn weil dass ob als bis während damit obwohl nachdem bevor in im an am auf aus bei beim mit nach seit von vom zu
    zum zur für durch gegen ohne um über unter vor hinter neben zwischen wegen trotz pro per ist sind war waren bin bist
    seid gewesen werden wird wurde wurden werde worden haben hat hatte hatten habe habt hast kann können könnt konnte
    muss müssen soll sollen will wollen darf dürfen mag mögen möchte nicht auch nur noch schon sehr so mal ja nein immer
    wieder etwa ganz gar zeigen zeigt gibt geht macht machen sei seien seiet wäre wären wärst wäret warst wart hätte
    hätten hättest hättet hattest hattet gehabt wirst werdet würde würden würdest würdet könnte könnten sollte sollten
    müsste müssten wollte wollten dürfte dürften deren dessen denen jener jene jenes jenen jenem meines deines seines
    ihres unseres eures eurem ins ans aufs fürs ums durchs übers unters vors ab außer außerhalb innerhalb binnen
    gegenüber gemäß mittels samt anstatt zufolge bezüglich""",
    "fr": """le la les l un une des du de d au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos
    leur leurs je j tu il elle on nous vous ils elles me m te t se s lui y en moi toi eux qui que qu quoi dont où quel
    quelle quels quelles lequel quand comment pourquoi combien ici là alors maintenant et ou mais donc or ni car si
    comme lorsque puisque parce afin à dans par pour sur avec sans sous entre vers chez depuis pendant avant après
    contre selon dès jusque est sont était étaient été être suis es sommes êtes sera seront serait ai as a avons avez
    ont avait avaient eu avoir aura auront fait faire peut peuvent doit doivent va vont ne n pas plus moins très trop
    aussi bien tout toute tous toutes même autre autres encore déjà toujours jamais rien personne chaque plusieurs
    quelques c qu'il qu'elle c'est d'un d'une n'est s'est étais étions étiez serai seras serons serez serais serions
    seriez seraient sois soit soyons soyez soient fus fut fûmes furent fût fussent étant avais avions aviez aurai auras
    aurons aurez aurais aurions auriez auraient aie ait ayons ayez aient eus eut eurent eût ayant malgré parmi outre
    hors envers sauf durant hormis lors via voici voilà celui celle ceux celles ceci cela ça laquelle lesquels
    lesquelles duquel auquel auxquels auxquelles j'ai l'on s'il s'ils qu'ils qu'elles qu'on qu'un qu'une c'était d'être
    d'avoir d'autres n'a n'ai n'ont n'était jusqu'à jusqu'au jusqu'en""",
    "es": """el la los las lo un una unos unas este esta estos estas ese esa esos esas aquel aquella mi mis tu tus su
    sus nuestro nuestra nuestros nuestras vuestro vuestra yo tú él ella nosotros vosotros ellos ellas usted ustedes me
    te se nos os le les que qué quien quién quienes cual cuál cuales cuando cuándo donde dónde como cómo cuanto cuánto
    por porque para pero sino si y e o u ni aunque mientras pues entonces aquí allí ahí ahora de del a al en con sin
    sobre entre hasta desde hacia según contra durante tras ante es son era eran fue fueron ser sido soy eres somos está
    están estaba estaban estar estoy he ha han había haber hay tiene tienen tener tengo puede pueden poder debe deben
    hace hacer hacen va van vamos ir no sí más menos muy mucho mucha muchos muchas poco tan tanto también ya aún todavía
    siempre nunca nada algo alguien todo toda todos todas cada otro otra otros otras mismo misma solo sólo así sea seas
    seamos seáis sean fui fuiste fuimos fuera fueras fuéramos fueran fuese fuesen eras éramos será serás seré seremos
    serán sería serías serían siendo estás estamos estáis estabas estuve estuvo estuvieron estuviera estuvieran
    estuviese esté estés estén estará estarán estaría estarían estando has hemos habéis habían hube hubo hubieron
    hubiera hubieran hubiese haya hayas hayamos hayan habrá habrán habré habría habrían habiendo habido tienes tenemos
    tenéis tenía tenían tuve tuvo tuvieron tuviera tuvieran tenga tengas tengamos tengan tendrá tendrán tendré tendría
    tendrían teniendo tenido bajo mediante salvo excepto mí ti conmigo contigo consigo esto eso aquello aquellos
    aquellas nosotras vosotras vuestros vuestras cuyo cuya cuyos cuyas cuantos cuantas cuántos cuántas""",
    "it": """il lo la i gli le l un uno una del dello della dei degli delle dell al allo alla ai agli alle all dal dallo
    dalla dai dagli dalle dall nel nello nella nei negli nelle nell sul sullo sulla sui sugli sulle sull questo questa
    questi queste quello quella quelli quelle quel mio mia miei mie tuo tua tuoi tue suo sua suoi sue nostro nostra
    nostri nostre vostro vostra loro io tu lui lei noi voi mi ti si ci vi ne me te sé che chi cui quale quali quando
    dove come perché quanto e ed o od ma però se anche né di a da in con su per tra fra senza verso dopo prima contro
    durante è sono era erano stato stata stati essere sei siamo siete sarà ho hai ha abbiamo avete hanno aveva avere può
    possono deve fa fare fanno va vanno non sì più meno molto molta molti molte poco tanto così già ancora sempre mai
    niente nulla tutto tutta tutti tutte ogni altro altra altri altre stesso solo qui qua lì là ora poi ad sia siano
    siate fosse fossi fossero fossimo fui fu fummo furono ero eri eravamo eravate sarò sarai saremo sarete saranno sarei
    sarebbe saremmo sarebbero essendo sto stai sta stiamo state stanno stava stavano abbia abbiano abbiate avevo avevi
    avevamo avevate avevano avrò avrai avrà avremo avrete avranno avrei avrebbe avremmo avrebbero ebbi ebbe ebbero
    avessi avesse avessimo avessero avuto avendo c'è c'era c'erano cos'è com'è dov'è col coi presso tramite mediante
    entro oltre ce ve quei quegli""",
    "pt": """o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela pelos pelas num numa este esta
    estes estas esse essa esses essas isso isto aquele aquela aquilo meu minha meus minhas teu tua seu sua seus suas
    nosso nossa nossos nossas eu tu ele ela nós vós eles elas você vocês me te se lhe lhes que quem qual quais quando
    onde como porque porquê quanto por para mas e ou nem embora enquanto pois então aqui ali lá agora de em com sem
    sobre entre até desde contra durante após ante é são era eram foi foram ser sido sou somos está estão estava estar
    estou há tem têm tinha ter tenho pode podem poder deve devem faz fazer fazem vai vão vamos ir não sim mais menos
    muito muita muitos muitas pouco tão tanto também já ainda sempre nunca nada algo alguém tudo todo toda todos todas
    cada outro outra outros outras mesmo mesma só assim pra diz seja sejas sejamos sejam fui fomos fosse fosses fossem
    éramos será serás serei seremos serão seria seriam sendo esteja estejam estejamos esteve estive estiveram estivesse
    estivessem estavam estamos estará estarão estaria estariam estando hei hás hão haja hajam havia haviam houve
    houvesse haverá haveria haver tenha tenhas tenhamos tenham tens temos tinham tínhamos teve tive tiveram tivemos
    tivesse tivessem terá terás terão terei teremos teria teriam tendo tido sob perante mediante exceto salvo nuns numas
    dum duma dele dela deles delas nele nela neles nelas deste desta destes destas desse dessa desses dessas disto disso
    daquele daquela daqueles daquelas daquilo neste nesta nestes nestas nesse nessa nesses nessas nisto nisso naquele
    naquela naqueles naquelas àquele àquela aqueles aquelas teus tuas vosso vossa mim ti si comigo contigo consigo
    conosco connosco cujo cuja cujos cujas""",
    "nl": """de het een dit dat deze die mijn jouw je uw zijn haar ons onze jullie hun ik jij u hij zij ze wij we mij me
    jou hem hen zich wie wat welke wanneer waar waarom hoe hier daar er dan nu en of maar want dus als omdat terwijl
    hoewel voordat nadat van in op aan bij met voor naar uit over onder tot tussen door tegen zonder om te ten ter sinds
    tijdens is was waren ben bent geweest worden wordt werd werden heb hebt heeft hebben had hadden kan kunnen kon moet
    moeten zal zullen zou zouden wil willen mag gaan gaat doen doet niet geen wel ook nog al alleen zo zeer heel meer
    minder veel weinig alle alles iets niets iemand niemand elk elke ieder iedere andere ander zelf weer altijd nooit""",
    "sv": """en ett den det de denna detta dessa min mitt mina din ditt dina sin sitt sina vår vårt våra er ert era hans
    hennes deras jag du han hon vi ni dem mig dig honom henne oss sig man som vem vad vilken vilket vilka när var varför
    hur här där då nu och eller men för att om eftersom medan än så av i på till från med utan hos under över mellan mot
    genom efter före vid är vara varit blir bli blev har hade ha haft kan kunde ska skulle vill ville måste får fick gör
    göra inte ej också bara mycket mer mest många alla allt något någon några ingen inget inga varje andra annan annat
    själv redan alltid aldrig""",
    "da": """en et den det de denne dette disse min mit mine din dit dine sin sit sine vores jeres deres hans hendes jeg
    du han hun vi i dem mig dig ham hende os jer sig man som der hvem hvad hvilken hvilket hvilke når hvor hvorfor
    hvordan her da nu og eller men for at om fordi mens end så af på til fra med uden hos under over mellem mod gennem
    efter før ved er var være været bliver blive blev har havde have haft kan kunne skal skulle vil ville må måtte får
    fik gør gøre ikke også kun meget mere mest mange alle alt noget nogen nogle ingen intet hver andre anden andet selv
    allerede altid aldrig""",
    "no": """en ei et den det de denne dette disse min mitt mine din ditt dine sin sitt sine vår vårt våre deres hans
    hennes jeg du han hun vi dere dem meg deg ham henne oss seg man som hvem hva hvilken hvilket hvilke når hvor hvorfor
    hvordan her der da nå og eller men for at om fordi mens enn så av i på til fra med uten hos under over mellom mot
    gjennom etter før ved er var være vært blir bli ble har hadde ha hatt kan kunne skal skulle vil ville må måtte får
    fikk gjør gjøre ikke også bare veldig mye mer mest mange alle alt noe noen ingen hver andre annen annet selv
    allerede alltid aldri""",
    "pl": """i a o u w z na do od po za przed przez dla bez pod nad między przy ze we ku oraz albo lub ale lecz więc że
    żeby aby jeśli jeżeli gdy kiedy bo ponieważ jak tak nie czy co kto który która które którzy jaki jaka jakie gdzie
    dlaczego ten ta to te ci tego tej tym tych temu ja ty on ona ono my wy oni one mnie mi mną ciebie cię go jego jej
    jemu nas nam was wam ich im się siebie mój moja moje twój twoja swój swoja swoje nasz nasza nasze wasz jest są był
    była było były być będzie będą ma mają mieć może mogą można już jeszcze tylko także też bardzo więcej mniej wszystko
    wszystkie każdy każda inny inna inne sam tu tam teraz zawsze nigdy""",
    "ru": """и а но или да же ли бы не ни в во на с со к ко у о об от до из за по под над при про для без через между
    перед после я ты он она оно мы вы они меня мне мной тебя тебе его ему им её ей нас нам вас вам их себя себе мой моя
    моё мои твой твоя свой своя своё свои наш наша наше наши ваш ваша ваше ваши этот эта это эти тот та то те такой
    такая кто что какой какая какие который которая которое которые где когда куда почему зачем как так если чтобы
    потому хотя пока чем быть был была было были есть будет будут может можно нужно надо уже ещё еще только тоже также
    очень более менее всё все весь вся каждый другой сам тут там здесь сейчас теперь всегда никогда""",
    "tr": """ve veya ya da de ki ile için ama fakat ancak çünkü eğer gibi kadar göre sonra önce daha en çok az bir bu şu
    o ben sen biz siz onlar bana sana ona bize size onlara beni seni onu bizi sizi benim senin onun bizim sizin kim ne
    nasıl neden niye nerede hangi her hiç bazı bütün tüm mi mı mu mü değil var yok olan olarak olduğu oldu olur ise diye
    artık hem şimdi burada orada""",
    "id": """yang dan di ke dari untuk dengan pada adalah itu ini saya aku kamu anda dia ia kita kami mereka nya ada
    akan tidak bukan juga atau tetapi tapi karena jika kalau agar supaya oleh dalam atas bawah antara sebagai seperti
    lebih paling sangat sudah telah sedang masih bisa dapat harus saat ketika apa siapa mana bagaimana mengapa kenapa
    semua setiap para lagi saja hanya pun lah kah""",
}
FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(f"{words} {words.replace(chr(39), '’')}".casefold().split()) for language, words in _BY_LANGUAGE.items()
}
# Between two names they are a part of one, as in "Game of Thrones".
JOINING = frozenset(["of", "the", "de", "da", "do", "dos", "del", "di", "du", "van", "von", "and", "&", "und"])
