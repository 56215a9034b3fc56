"""The texts of a city small enough to read: two zones, two sections, four berths, one of everything else."""

from pathlib import Path

from parking.city import City
from parking.cityparse import parse_city

TEXTS = {
    "city.toml": """\
city_id = "small"
name = "小城"
name_en = "Small City"
timezone = "Asia/Shanghai"
centre = [113.38, 31.70]
notice = "合成数据"
notice_en = "Synthetic data"

[[patrol]]
device_id = "P-01"
heartbeat_min = 60
""",
    "zones.toml": """\
[[zone]]
zone_id = "Z1"
zone_class = "I"
name = "一类区"
name_en = "Class I zone"
boundary_roads = ["解放路"]
outline = [[113.37, 31.69], [113.39, 31.69], [113.39, 31.71], [113.37, 31.71], [113.37, 31.69]]

[[zone]]
zone_id = "Z3"
zone_class = "III"
name = "三类区"
name_en = "Class III zone"
boundary_roads = []
outline = [[113.35, 31.67], [113.35, 31.73], [113.41, 31.73], [113.41, 31.67], [113.35, 31.67]]

[[water]]
name = "河流"
name_en = "River"
outline = [[113.36, 31.67], [113.365, 31.67], [113.365, 31.73], [113.36, 31.67]]
""",
    "streets.csv": """\
# a note, skipped
name,name_en,rank,path
解放路,Jiefang Road,trunk,113.36 31.70;113.38 31.701;113.40 31.70
""",
    "sections.csv": """\
section_id,zone_id,road,name,name_en,simulated,path
S001,Z1,解放路,测试路段,Test section,no,113.380 31.70;113.381 31.70
S002,Z3,解放路,解放路西段,"Jiefang Road, west",yes,113.360 31.70;113.361 31.70
""",
    "berths.csv": """\
berth_id,section_id,lon,lat,kind,limit_min,closed
A-1,S001,113.3801,31.70,ordinary,60,no
A-2,S001,113.3802,31.70,resident,,no
B-1,S002,113.3601,31.70,ordinary,,no
B-2,S002,113.3602,31.70,disabled,,yes
""",
    "devices.csv": """\
device_id,family,berth_id,heartbeat_min
G-A-1,geo,A-1,30
G-A-2,geo,A-2,30
G-B-1,geo,B-1,30
""",
    "cameras.csv": """\
camera_id,section_id,heartbeat_min,berth_ids
C-1,S001,5,A-1 A-2
""",
    "signs.toml": """\
[[sign]]
sign_id = "L2-01"
level = 2
name = "路口"
name_en = "Junction"
position = [113.379, 31.70]

[[sign.row]]
name = "测试路段"
name_en = "Test section"
direction = "ahead"
distance_m = 100
section_ids = ["S001"]

[[sign.row]]
name = "解放路"
name_en = "Jiefang Road"
direction = "left"
distance_m = 300
section_ids = [
  "S001",
  "S002",
]
""",
}


def small_city() -> City:
    """The city of `TEXTS`."""
    return parse_city(Path("small"), TEXTS)
