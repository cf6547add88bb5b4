"""What the synthetic archive is made of: names by character set, modalities, codes, hospitals. Data only."""

# label -> (Specific Character Set, names). The label of the repertoire is also the key of a patient in the truth.
NAMES = {
    "ascii": (None, ["Farrow^Edith^Jane", "Okafor^Chidi", "O'Neil^Sinead", "van der Berg^Pieter",
                     "Whitlock^Ada^M^Dr.^PhD", "Hartley-Stone^Rupert^^Sir^OBE", "Quill^Una", "Quillon^Una",
                     "Marsh", "Drummond^Lee^Ann Marie", "BAXTER^TOM", "de la Cruz^Ines"]),
    "latin1": ("ISO_IR 100", ["Köhler^Jörg", "Ruiz Peña^Íñigo", "Déchelette^Amélie^^Mme", "Strømberg^Åse", "Weiß^Übel"]),
    "utf8": ("ISO_IR 192", ["Żurawska^Łucja", "Þórsdóttir^Æsa", "Θεοδώρου^Ζωή", "Lam^Kit=林^傑",
                            "Đặng^Ngọc Ánh"]),
    "greek": ("ISO_IR 126", ["Καλλέργης^Νικόλαος", "Ξένου^Μαρία"]),
    "cyrillic": ("ISO_IR 144", ["Соколова^Вера^Павловна", "Журавлёв^Глеб"]),
    "japanese": (["", "ISO 2022 IR 87"], ["Kobayashi^Aoi=小林^葵=こばやし^あおい", "Mori^Kenji=森^健二=もり^けんじ"]),
    "katakana": (["ISO 2022 IR 13", "ISO 2022 IR 87"], ["ﾅｶﾑﾗ^ﾕｳﾀ=中村^勇太=なかむら^ゆうた"]),
    "korean": (["", "ISO 2022 IR 149"], ["Park^Jiwoo=朴^志宇=박^지우", "Choi^Hana=崔^河那=최^하나"]),
    "gb18030": ("GB18030", ["Chen^Xiuying=陈^秀英", "Zhao^Lei=赵^磊"]),
    "thai": ("ISO_IR 166", ["วงศ์สุวรรณ^มาลี"]),
    "arabic": ("ISO_IR 127", ["الحسن^سلمى", "منصور^كريم"]),
    "hebrew": ("ISO_IR 138", ["לוי^נועה", "מזרחי^איתן"]),
}

# A text of the same repertoire for descriptions: what a hospital there might type.
DESCRIPTIONS = {
    "latin1": "Schädel nativ, 2 Ebenen", "utf8": "Grudziądz – klatka ☑", "greek": "Θώρακας", "cyrillic": "Грудная клетка",
    "japanese": "胸部 CT", "katakana": "ｷｮｳﾌﾞ X-P", "korean": "흉부 CT", "gb18030": "胸部平扫", "thai": "ทรวงอก",
    "arabic": "صدر", "hebrew": "חזה",
}

SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1", "MG": "1.2.840.10008.5.1.4.1.1.1.2", "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "NM": "1.2.840.10008.5.1.4.1.1.20", "PT": "1.2.840.10008.5.1.4.1.1.128", "OT": "1.2.840.10008.5.1.4.1.1.7",
    "SR": "1.2.840.10008.5.1.4.1.1.88.22", "KO": "1.2.840.10008.5.1.4.1.1.88.59", "PR": "1.2.840.10008.5.1.4.1.1.11.1",
}
WITHOUT_PIXELS = {"SR", "KO", "PR"}

# What one examination produces: modality of each series, in order.
EXAMINATIONS = [["CT"], ["CT", "CT"], ["CT", "CT", "SR"], ["MR", "MR", "MR"], ["MR", "PR"], ["CR"], ["DX", "DX"],
                ["US"], ["US", "SR"], ["MG", "MG"], ["PT", "CT"], ["NM"], ["OT"], ["CT", "KO"], ["SR"], ["CT", "MR"]]

# Body Part Examined as vendors write it, and whether a side makes sense.
BODY_PARTS = [("CHEST", False), ("ABDOMEN", False), ("HEAD", False), ("KNEE", True), ("HAND", True), ("BREAST", True),
              ("PELVIS", False), ("LSPINE", False), ("knee", True), ("CHEST PA", False), ("WRIST LT", False),
              ("SHOULDER", True), ("Sinuses", False), ("", False)]

SERIES_DESCRIPTIONS = ["Axial 3 mm", "Scout", "T2 sag", "T1 tra", "PA", "Lateral", "Arterial", "", "Recon <b>&</b> \"1\"", "Dose"]
STUDY_DESCRIPTIONS = ["CT thorax", "MRI knee right", "Chest 2 views", "", "Ultrasound abdomen", "Follow-up", "Trauma 50% & more",
                      "   ", "Screening"]

# (value, scheme, meaning)
PROCEDURES = [("24627-2", "LN", "CT Chest"), ("RPID16", "RADLEX", "CT Head"), ("77477000", "SCT", "Computed tomography"),
              ("P5-09051", "SRT", "Magnetic resonance imaging"), ("CTABD", "99LOCAL", "CT abdomen"), ("XK-7", "L", "Knee, two planes")]
REASONS = [("22298006", "SCT", "Myocardial infarction"), ("267036007", "SCT", "Dyspnea"), ("R07", "I10", "Pain in throat and chest")]
TITLES = {"SR": ("18782-3", "LN", "Radiology Study observation"), "KO": ("113000", "DCM", "Of Interest")}

PHYSICIANS = ["Ashdown^Clara^^Dr.", "Brandvold^Nils^^Prof. Dr.", "Castellan^Ivo", "Dunmore^Grace^Louise^^MD", "O'Shea^Fionn", ""]
READERS = [["Everhart^Milo^^Dr."], ["Everhart^Milo^^Dr.", "Fontana^Livia"], ["Grantham^Perdita"], []]
OPERATORS = ["Hobbs^Wendy", "Inman^Saul", ""]

# issuer -> (Local Namespace Entity ID, Universal Entity ID, type)
ISSUERS = {"HOSP_A": ("HOSP_A", "1.2.3.4", "ISO"), "HOSP_B": ("HOSP_B", "2.16.840.1.99.7", "ISO"), "CLINIC": ("CLINIC", None, None)}
