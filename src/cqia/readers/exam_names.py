"""What the names of question banks' files say: which exam, which subject."""

from __future__ import annotations

from typing import Literal

Exam = Literal["school", "graduate", "law", "logic", "other"]

_AGIEVAL: dict[str, tuple[Exam, str]] = {
    "gaokao-biology": ("school", "生物"), "gaokao-chemistry": ("school", "化学"), "gaokao-chinese": ("school", "语文"),
    "gaokao-english": ("school", "英语"), "gaokao-geography": ("school", "地理"), "gaokao-history": ("school", "历史"),
    "gaokao-mathcloze": ("school", "数学"), "gaokao-mathqa": ("school", "数学"), "gaokao-physics": ("school", "物理"),
    "jec-qa-ca": ("law", "法律"), "jec-qa-kd": ("law", "法律"), "logiqa-zh": ("logic", "逻辑推理"),
}  # fmt: skip


def agieval(name: str) -> tuple[Exam | None, str | None]:
    """Exam and subject of a file of AGIEval; unknown for a file by another name."""
    return _AGIEVAL.get(name.rsplit(".", 1)[0], (None, None))


#: Subjects of M3KE's files, by exam and by the rest of the name: group and level.
_M3KE: dict[tuple[Exam, str], dict[str, str]] = {
    ("school", "Arts & Humanities-Primary school"): {"Chinese": "语文"},
    ("school", "Arts & Humanities-Junior high school"): {"Chinese": "语文", "History": "历史"},
    ("school", "Arts & Humanities-High school"): {"Chinese": "语文", "History": "历史"},
    ("school", "Natural Sciences-Primary school"): {"Math": "数学"},
    ("school", "Natural Sciences-Junior high school"): {
        "Biology": "生物", "Chemistry": "化学", "Geography": "地理", "Math": "数学", "Physics": "物理"},
    ("school", "Natural Sciences-High school"): {
        "Biology": "生物", "Chemistry": "化学", "Geography": "地理", "Math": "数学", "Physics": "物理"},
    ("school", "Natural Sciences-High schoo"): {"Physics": "物理"},  # as the file is called
    ("school", "Social Sciences-Junior high school"): {"Politics": "政治"},
    ("school", "Social Sciences-High school"): {"Politics": "政治"},
    ("law", "Social Sciences-College"): {
        "Chinese Constitutional Law": "宪法", "Civil Law": "民法", "Criminal Jurisprudence": "刑法",
        "Jurisprudence": "法理学", "History of the Chinese Legal System": "中国法制史"},
    ("logic", "Other-Other"): {"Chinese Civil Service Examination": "行政职业能力"},
    ("graduate", "Arts & Humanities-College"): {
        "History Foundation": "历史学基础", "Modern History": "中国近代史", "Modern World History": "世界近现代史"},
    ("graduate", "Natural Sciences-College"): {
        "Advanced Mathematics": "高等数学", "Animal Physiology": "动物生理学", "Anthropotomy": "人体解剖学",
        "Biochemistry and Pathology": "生物化学与病理学", "Biochemistry": "生物化学", "Computer Networks": "计算机网络",
        "Data Structures": "数据结构", "Humanistic Medicine": "医学人文", "Immunology": "免疫学",
        "Internal Medicine": "内科学", "Linear Algebra": "线性代数", "Operating Systems": "操作系统",
        "Pharmacology": "药理学", "Physiology": "生理学", "Principles of Computer Composition": "计算机组成原理",
        "Probability Theory": "概率论", "Stomatology": "口腔医学", "Surgical Sciences": "外科学"},
    ("graduate", "Social Sciences-College"): {
        "Basic Principle of Marxism": "马克思主义基本原理", "Current Affairs and Politics": "时事政治",
        "Developmental and Educational Psychology": "发展与教育心理学", "Educational Research Methods": "教育研究方法",
        "Experimental Psychology": "实验心理学", "History of Chinese Education": "中国教育史",
        "History of Foreign Education": "外国教育史", "Introduction to Mao Tsetung Thoughts": "毛泽东思想概论",
        "Introduction to Psychology": "心理学导论", "Moral Cultivation": "思想道德修养",
        "Outline of Chinese Modern History": "中国近现代史纲要", "Principles of Pedagogy": "教育学原理",
        "Psychology of Teaching": "教育心理学", "Sociology": "社会学"},
    ("graduate", "Other-College"): {"Economics": "经济学", "Management": "管理学"},
    ("other", "Arts & Humanities-Other"): {
        "Dance": "舞蹈", "Film": "电影", "Fine Arts": "美术", "Music": "音乐"},
    ("other", "Natural Sciences-Other"): {
        "Computer Fundamentals": "计算机基础", "Computer Programming Language": "程序设计语言"},
    ("other", "Other-Other"): {
        "Ancient Chinese Language": "古代汉语", "Chinese Medicine": "中医学", "Novels": "小说", "Religion": "宗教"},
}  # fmt: skip

#: Exam and subject by the name of a file, without its suffix.
M3KE: dict[str, tuple[Exam, str]] = {
    f"{name}-{rest}": (exam, subject) for (exam, rest), names in _M3KE.items() for name, subject in names.items()
}

#: Level by the end of the name.
M3KE_LEVELS = {
    "-Primary school": "小学", "-Junior high school": "初中", "-High school": "高中", "-High schoo": "高中",
    "-College": "大学",
}  # fmt: skip
