"""Names of rooms, devices, groceries and people in each language: what the packages' open slots are filled with.

The packages leave these slots to each household (rooms, device names, shopping items, people) and ship no
values for them, and neither does CLDR. So each language has a few everyday nouns here, in dictionary form:
they are the only words of the starter suite that were written for it. Everything else comes from the packages.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from study_utils.errors import DataError, unknown


@dataclass(frozen=True, kw_only=True)
class Words:
    """Everyday nouns of one language; each field is a tuple of alternatives.

    The order is the same in every language: areas kitchen, living room, bedroom, bathroom, office, garage;
    floors ground, upper, basement; lights table lamp, floor lamp; appliance coffee machine; items milk, bread,
    eggs, rice, cheese.
    """

    areas: tuple[str, ...]
    floors: tuple[str, ...]
    lights: tuple[str, ...]
    fan: tuple[str, ...]
    players: tuple[str, ...]
    heater: tuple[str, ...]
    appliance: tuple[str, ...]
    cover: tuple[str, ...]
    lock: tuple[str, ...]
    robot: tuple[str, ...]
    items: tuple[str, ...]
    people: tuple[str, ...]


# areas; floors; lights; fan; players; heater; appliance; cover; lock; robot; items; people
_WORDS = {
    "af": "kombuis|sitkamer|slaapkamer|badkamer|studeerkamer|motorhuis; grondvloer|boonste verdieping|kelder;"
    "tafellamp|staanlamp; waaier; televisie|radio; verwarmer; koffiemasjien; gordyn; voordeur; robot;"
    "melk|brood|eiers|rys|kaas; Anna|Pieter|Maria",
    "ar": "مطبخ|غرفة معيشة|غرفة نوم|حمام|مكتب|كراج; طابق أرضي|طابق علوي|قبو;"
    "مصباح طاولة|مصباح أرضي; مروحة; تلفاز|راديو; مدفأة; ماكينة قهوة; ستارة; باب أمامي; روبوت;"
    "حليب|خبز|بيض|أرز|جبن; مريم|أحمد|سارة",
    "bg": "кухнята|хола|спалнята|банята|кабинета|гаража; приземния етаж|горния етаж|мазето;"
    "настолната лампа|лампиона; вентилатора; телевизора|радиото; радиатора; кафемашината; завесата; входната врата;"
    "робота; мляко|хляб|яйца|ориз|сирене; Мария|Иван|Елена",
    "bn": "রান্নাঘর|বসার ঘর|শোবার ঘর|বাথরুম|অফিস|গ্যারেজ; নিচতলা|উপরতলা|বেসমেন্ট;"
    "টেবিল ল্যাম্প|স্ট্যান্ড ল্যাম্প; পাখা; টিভি|রেডিও; হিটার; কফি মেশিন; পর্দা; সদর দরজা; রোবট;"
    "দুধ|রুটি|ডিম|চাল|পনির; মারিয়া|রহিম|সারা",
    "ca": "cuina|sala d'estar|habitació|bany|despatx|garatge; planta baixa|planta de dalt|soterrani;"
    "llum de taula|llum de peu; ventilador; televisor|ràdio; radiador; cafetera; cortina; porta principal; robot;"
    "llet|pa|ous|arròs|formatge; Anna|Jordi|Maria",
    "cs": "kuchyň|obývací pokoj|ložnice|koupelna|pracovna|garáž; přízemí|horní patro|sklep;"
    "stolní lampa|stojací lampa; ventilátor; televize|rádio; topení; kávovar; závěs; vchodové dveře; robot;"
    "mléko|chleba|vejce|rýže|sýr; Anna|Petr|Marie",
    "da": "køkkenet|stuen|soveværelset|badeværelset|kontoret|garagen; stueetagen|første sal|kælderen;"
    "bordlampen|gulvlampen; ventilatoren; fjernsynet|radioen; varmeapparatet; kaffemaskinen; gardinet; hoveddøren;"
    "robotten; mælk|brød|æg|ris|ost; Anna|Peter|Maria",
    "de": "Küche|Wohnzimmer|Schlafzimmer|Badezimmer|Büro|Garage; Erdgeschoss|Obergeschoss|Keller;"
    "Tischlampe|Stehlampe; Ventilator; Fernseher|Radio; Heizung; Kaffeemaschine; Vorhang; Haustür; Roboter;"
    "Milch|Brot|Eier|Reis|Käse; Anna|Peter|Maria",
    "el": "κουζίνα|σαλόνι|υπνοδωμάτιο|μπάνιο|γραφείο|γκαράζ; ισόγειο|πάνω όροφος|υπόγειο;"
    "επιτραπέζιο φωτιστικό|φωτιστικό δαπέδου; ανεμιστήρας; τηλεόραση|ραδιόφωνο; καλοριφέρ; καφετιέρα; κουρτίνα;"
    "εξώπορτα; ρομπότ; γάλα|ψωμί|αυγά|ρύζι|τυρί; Άννα|Γιώργος|Μαρία",
    "en": "kitchen|living room|bedroom|bathroom|office|garage; ground|upper|basement;"
    "table lamp|floor lamp; fan; television|radio; heater; coffee machine; curtain; front door; robot;"
    "milk|bread|eggs|rice|cheese; Anna|Peter|Maria",
    "es": "cocina|salón|dormitorio|baño|oficina|garaje; planta baja|planta de arriba|sótano;"
    "lámpara de mesa|lámpara de pie; ventilador; televisor|radio; calefactor; cafetera; cortina; puerta principal;"
    "robot; leche|pan|huevos|arroz|queso; Ana|Pedro|María",
    "eu": "sukaldea|egongela|logela|bainugela|bulegoa|garajea; beheko solairua|goiko solairua|sotoa;"
    "mahaiko lanpara|zutikako lanpara; haizegailua; telebista|irratia; berogailua; kafe-makina; errezela; ate nagusia;"
    "robota; esnea|ogia|arrautzak|arroza|gazta; Ane|Mikel|Miren",
    "fa": "آشپزخانه|اتاق نشیمن|اتاق خواب|حمام|دفتر|گاراژ; طبقه همکف|طبقه بالا|زیرزمین;"
    "چراغ رومیزی|آباژور; پنکه; تلویزیون|رادیو; بخاری; قهوه‌ساز; پرده; در ورودی; ربات;"
    "شیر|نان|تخم مرغ|برنج|پنیر; مریم|علی|سارا",
    "fi": "keittiö|olohuone|makuuhuone|kylpyhuone|työhuone|autotalli; alakerta|yläkerta|kellari;"
    "pöytälamppu|lattiavalaisin; tuuletin; televisio|radio; lämmitin; kahvinkeitin; verho; ulko-ovi; robotti;"
    "maito|leipä|kananmunat|riisi|juusto; Anna|Pekka|Maria",
    "fr": "cuisine|salon|chambre|salle de bain|bureau|garage; rez-de-chaussée|étage|sous-sol;"
    "lampe de table|lampadaire; ventilateur; télévision|radio; chauffage; machine à café; rideau; porte d'entrée;"
    "robot; lait|pain|œufs|riz|fromage; Anne|Pierre|Marie",
    "ga": "cistin|seomra suí|seomra leapa|seomra folctha|oifig|garáiste; bunurlár|urlár uachtarach|íoslach;"
    "lampa boird|lampa urláir; gaothrán; teilifís|raidió; téitheoir; meaisín caife; cuirtín; doras tosaigh; róbat;"
    "bainne|arán|uibheacha|rís|cáis; Áine|Peadar|Máire",
    "gl": "cociña|salón|dormitorio|baño|oficina|garaxe; planta baixa|planta de arriba|soto;"
    "lámpada de mesa|lámpada de pé; ventilador; televisor|radio; calefactor; cafeteira; cortina; porta principal;"
    "robot; leite|pan|ovos|arroz|queixo; Ana|Pedro|María",
    "he": "מטבח|סלון|חדר שינה|חדר אמבטיה|משרד|מוסך; קומת קרקע|קומה עליונה|מרתף;"
    "מנורת שולחן|מנורת רצפה; מאוורר; טלוויזיה|רדיו; תנור; מכונת קפה; וילון; דלת הכניסה; רובוט;"
    "חלב|לחם|ביצים|אורז|גבינה; מרים|דוד|שרה",
    "hi": "रसोई|बैठक|शयनकक्ष|बाथरूम|दफ़्तर|गैराज; भूतल|ऊपरी मंज़िल|तहख़ाना;"
    "टेबल लैंप|फ़्लोर लैंप; पंखा; टीवी|रेडियो; हीटर; कॉफ़ी मशीन; पर्दा; मुख्य दरवाज़ा; रोबोट;"
    "दूध|रोटी|अंडे|चावल|पनीर; मीरा|राहुल|सारा",
    "hr": "kuhinja|dnevni boravak|spavaća soba|kupaonica|ured|garaža; prizemlje|gornji kat|podrum;"
    "stolna lampa|podna lampa; ventilator; televizor|radio; grijalica; aparat za kavu; zavjesa; ulazna vrata; robot;"
    "mlijeko|kruh|jaja|riža|sir; Ana|Petar|Marija",
    "hu": "konyha|nappali|hálószoba|fürdőszoba|iroda|garázs; földszint|emelet|pince;"
    "asztali lámpa|állólámpa; ventilátor; televízió|rádió; fűtőtest; kávéfőző; függöny; bejárati ajtó; robot;"
    "tej|kenyér|tojás|rizs|sajt; Anna|Péter|Mária",
    "is": "eldhús|stofa|svefnherbergi|baðherbergi|skrifstofa|bílskúr; jarðhæð|efri hæð|kjallari;"
    "borðlampi|gólflampi; vifta; sjónvarp|útvarp; ofn; kaffivél; gardína; útidyr; vélmenni;"
    "mjólk|brauð|egg|hrísgrjón|ostur; Anna|Pétur|María",
    "it": "cucina|soggiorno|camera da letto|bagno|ufficio|garage; piano terra|piano superiore|seminterrato;"
    "lampada da tavolo|lampada da terra; ventilatore; televisore|radio; stufa; macchina del caffè; tenda;"
    "porta d'ingresso; robot; latte|pane|uova|riso|formaggio; Anna|Pietro|Maria",
    "ko": "부엌|거실|침실|욕실|사무실|차고; 일층|위층|지하실;"
    "탁상 램프|스탠드; 선풍기; 텔레비전|라디오; 히터; 커피 머신; 커튼; 현관문; 로봇;"
    "우유|빵|계란|쌀|치즈; 지민|민수|수진",
    "lt": "virtuvė|svetainė|miegamasis|vonios kambarys|biuras|garažas; pirmas aukštas|viršutinis aukštas|rūsys;"
    "stalinė lempa|toršeras; ventiliatorius; televizorius|radijas; šildytuvas; kavos aparatas; užuolaida; lauko durys;"
    "robotas; pienas|duona|kiaušiniai|ryžiai|sūris; Ona|Petras|Marija",
    "lv": "virtuve|viesistaba|guļamistaba|vannas istaba|birojs|garāža; pirmais stāvs|augšstāvs|pagrabs;"
    "galda lampa|stāvlampa; ventilators; televizors|radio; sildītājs; kafijas automāts; aizkars; ārdurvis; robots;"
    "piens|maize|olas|rīsi|siers; Anna|Pēteris|Marija",
    "ml": "അടുക്കള|സ്വീകരണമുറി|കിടപ്പുമുറി|കുളിമുറി|ഓഫീസ്|ഗരാജ്; താഴത്തെ നില|മുകളിലത്തെ നില|ബേസ്മെന്റ്;"
    "ടേബിൾ ലാമ്പ്|ഫ്ലോർ ലാമ്പ്; ഫാൻ; ടിവി|റേഡിയോ; ഹീറ്റർ; കോഫി മെഷീൻ; കർട്ടൻ; മുൻവാതിൽ; റോബോട്ട്;"
    "പാൽ|റൊട്ടി|മുട്ട|അരി|ചീസ്; മീര|രാഹുൽ|സാറ",
    "ne": "भान्छा|बैठक|सुत्ने कोठा|बाथरुम|कार्यालय|गराज; भुइँ तल्ला|माथिल्लो तल्ला|बेसमेन्ट;"
    "टेबल बत्ती|ठाडो बत्ती; पंखा; टिभी|रेडियो; हिटर; कफी मेसिन; पर्दा; मुख्य ढोका; रोबोट;"
    "दूध|रोटी|अण्डा|चामल|चिज; मीरा|राम|सीता",
    "nl": "keuken|woonkamer|slaapkamer|badkamer|kantoor|garage; begane grond|bovenverdieping|kelder;"
    "tafellamp|vloerlamp; ventilator; televisie|radio; kachel; koffiemachine; gordijn; voordeur; robot;"
    "melk|brood|eieren|rijst|kaas; Anna|Pieter|Maria",
    "no": "kjøkkenet|stuen|soverommet|badet|kontoret|garasjen; første etasje|andre etasje|kjelleren;"
    "bordlampen|gulvlampen; viften; fjernsynet|radioen; varmeovnen; kaffemaskinen; gardinet; inngangsdøren; roboten;"
    "melk|brød|egg|ris|ost; Anna|Peter|Maria",
    "pl": "kuchnia|salon|sypialnia|łazienka|biuro|garaż; parter|piętro|piwnica;"
    "lampka stołowa|lampa stojąca; wentylator; telewizor|radio; grzejnik; ekspres do kawy; zasłona; drzwi wejściowe;"
    "robot; mleko|chleb|jajka|ryż|ser; Anna|Piotr|Maria",
    "pt": "cozinha|sala de estar|quarto|casa de banho|escritório|garagem; rés-do-chão|andar de cima|cave;"
    "candeeiro de mesa|candeeiro de pé; ventoinha; televisão|rádio; aquecedor; máquina de café; cortina;"
    "porta de entrada; robô; leite|pão|ovos|arroz|queijo; Ana|Pedro|Maria",
    "ro": "bucătărie|sufragerie|dormitor|baie|birou|garaj; parter|etaj|subsol;"
    "veioză|lampadar; ventilator; televizor|radio; calorifer; aparat de cafea; perdea; ușa de la intrare; robot;"
    "lapte|pâine|ouă|orez|brânză; Ana|Petru|Maria",
    "ru": "кухня|гостиная|спальня|ванная|кабинет|гараж; первый этаж|верхний этаж|подвал;"
    "настольная лампа|торшер; вентилятор; телевизор|радио; обогреватель; кофеварка; штора; входная дверь; робот;"
    "молоко|хлеб|яйца|рис|сыр; Анна|Пётр|Мария",
    "sk": "kuchyňa|obývačka|spálňa|kúpeľňa|pracovňa|garáž; prízemie|poschodie|pivnica;"
    "stolová lampa|stojacia lampa; ventilátor; televízor|rádio; ohrievač; kávovar; záves; vchodové dvere; robot;"
    "mlieko|chlieb|vajcia|ryža|syr; Anna|Peter|Mária",
    "sl": "kuhinja|dnevna soba|spalnica|kopalnica|pisarna|garaža; pritličje|zgornje nadstropje|klet;"
    "namizna svetilka|stoječa svetilka; ventilator; televizor|radio; grelnik; kavni aparat; zavesa; vhodna vrata;"
    "robot; mleko|kruh|jajca|riž|sir; Ana|Peter|Marija",
    "sr": "кухиња|дневна соба|спаваћа соба|купатило|канцеларија|гаража; приземље|спрат|подрум;"
    "стона лампа|подна лампа; вентилатор; телевизор|радио; грејалица; апарат за кафу; завеса; улазна врата; робот;"
    "млеко|хлеб|јаја|пиринач|сир; Ана|Петар|Марија",
    "sv": "köket|vardagsrummet|sovrummet|badrummet|kontoret|garaget; bottenvåningen|övervåningen|källaren;"
    "bordslampan|golvlampan; fläkten; teven|radion; elementet; kaffebryggaren; gardinen; ytterdörren; roboten;"
    "mjölk|bröd|ägg|ris|ost; Anna|Peter|Maria",
    "th": "ห้องครัว|ห้องนั่งเล่น|ห้องนอน|ห้องน้ำ|ห้องทำงาน|โรงรถ; ชั้นล่าง|ชั้นบน|ชั้นใต้ดิน;"
    "โคมไฟตั้งโต๊ะ|โคมไฟตั้งพื้น; พัดลม; โทรทัศน์|วิทยุ; เครื่องทำความร้อน; เครื่องชงกาแฟ; ผ้าม่าน; ประตูหน้า; หุ่นยนต์;"
    "นม|ขนมปัง|ไข่|ข้าว|ชีส; มานี|สมชาย|มาลี",
    "uk": "кухня|вітальня|спальня|ванна|кабінет|гараж; перший поверх|верхній поверх|підвал;"
    "настільна лампа|торшер; вентилятор; телевізор|радіо; обігрівач; кавоварка; штора; вхідні двері; робот;"
    "молоко|хліб|яйця|рис|сир; Анна|Петро|Марія",
    "vi": "nhà bếp|phòng khách|phòng ngủ|phòng tắm|văn phòng|nhà xe; tầng trệt|tầng trên|tầng hầm;"
    "đèn bàn|đèn cây; quạt; ti vi|đài; lò sưởi; máy pha cà phê; rèm; cửa trước; rô bốt;"
    "sữa|bánh mì|trứng|gạo|phô mai; Lan|Minh|Mai",
    "zh": "厨房|客厅|卧室|浴室|书房|车库; 一楼|楼上|地下室; 台灯|落地灯; 风扇; 电视|收音机; 暖气; 咖啡机; 窗帘; 前门;"
    "机器人; 牛奶|面包|鸡蛋|大米|奶酪; 小红|小明|小丽",
}

LANGUAGES_WITH_WORDS = tuple(_WORDS)
"""Languages that have the words which open slots need."""


@cache
def words(language: str) -> Words:
    """Everyday nouns of a language.

    Raises
    ------
    DataError
        If there are none for the language.
    """
    if language not in _WORDS:
        raise DataError(unknown("language", language, _WORDS, where="words for open slots"))
    groups = [tuple(word.strip() for word in group.split("|")) for group in _WORDS[language].split(";")]
    names = [field.name for field in fields(Words)]
    return Words(**dict(zip(names, groups, strict=True)))
