"""Texts of many scripts, and awkward ones, for the tests of encoders and tokenizers."""

from __future__ import annotations

import unicodedata

# The first article of the Universal Declaration of Human Rights, or its beginning.
SCRIPTS = {
    "LATIN": "All human beings are born free and equal in dignity and rights. Mọi người sinh ra tự do.",
    "CYRILLIC": "Все люди рождаются свободными и равными в своём достоинстве и правах.",
    "GREEK": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "ARABIC": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. تمام انسان آزاد اور حقوق و عزت",
    "HEBREW": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "DEVANAGARI": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "BENGALI": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
    "TAMIL": "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.",
    "TELUGU": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులును సమానులును నగుదురు.",
    "MALAYALAM": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും സ്വാതന്ത്ര്യത്തോടുംകൂടി ജനിച്ചിട്ടുള്ളവരാണ്.",
    "KANNADA": "ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಜನಿಸಿದ್ದಾರೆ.",
    "GUJARATI": "પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ સર્વ માનવો જન્મથી સ્વતંત્ર અને સમાન હોય છે.",
    "GURMUKHI": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ, ਸ਼ਾਨ ਅਤੇ ਹੱਕਾਂ ਦੇ ਪੱਖੋਂ ਜਨਮ ਤੋਂ ਹੀ ਆਜ਼ਾਦ ਹੈ।",
    "SINHALA": "සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත.",
    "THAI": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "LAO": "ມະນຸດເກີດມາມີສິດເສລີພາບ ແລະສະເໝີໜ້າກັນໃນທາງກຽດຕິສັກ",
    "KHMER": "មនុស្សទាំងអស់ កើតមកមានសេរីភាព និងសមភាព",
    "MYANMAR": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။",
    "GEORGIAN": "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით.",
    "ARMENIAN": "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։",
    "ETHIOPIC": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
    "HANGUL": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "HIRAGANA": "すべての人間は、生まれながらにして自由であり、カタカナも含む。",
    "CJK": "人人生而自由，在尊嚴和權利上一律平等。他们赋有理性和良心",
}

AWKWARD = {
    "empty": "",
    "blank": " ",
    "blanks": "  \t \n\r\n \u00a0\u3000 ",
    "inner blanks": "two  blanks,\tone tab,\nlines\r\nand  \u3000wide ones",
    "outer blanks": "   before and after   ",
    "emoji": "good 👍🏽 morning 🎉🎉 🇫🇮",
    "joined emoji": "family 👩‍👩‍👧‍👦 and flag 🏳️‍🌈!",
    "joiners": "क्‍ष می‌خواهم a\u200bb\u200dc",
    "direction marks": "a\u200eb\u200fc \u202eabc\u202c \u2066x\u2069",
    "mixed direction": "The word שלום and مرحبا, 123 ٤٥٦ in one line (سلام).",
    "unknown characters": "𒀀𒀁𒀂 rare 𓀀 x \ue000\ue001",
    "controls": "a\x01b\x07c\x7fd\x85e\x1ff",
    "byte order mark": "\ufefftext\ufffd",
    "meta symbol": "a▁b ▁ c",
    "compatibility": "ﬁne ½ ㎏ ① ﷺ ™ … ﻻ ㈱ Ⅷ ｶﾞ",
    "full width": "ＡＢＣ　１２３！ ～ ~ ￥",
    "composed": "Ç’est déjà l’été à Łódź: ñandú, Ångström, Йод",
    "stacked marks": "z͑ͫa̶̲l̷g̸o̴ q̃̈",
    "pointed": "שָׁלוֹם وَلَّى",
    "soft hyphen": "hy\u00adphen\u2011ated",
    "one long word": "ab" * 3000,
    "very long": "Never a dull day, кроме 今日. " * 400,
}

NFD = {name: unicodedata.normalize("NFD", AWKWARD[name]) for name in ("composed",)}
