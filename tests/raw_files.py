"""Small raw files in the publishers' formats, so that every result can be worked out by hand.

Estonia has one NUTS-2 region of two squares, Latvia one of one square, Norway lies beside them:

    y = 60  +---------+---------+---------+
            |  EE001  |  EE004  |  NO020  |
    y = 59  +---------+---------+---------+
            |       LV003       |
    y = 58  +-------------------+
           x = 24     25        26        27
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from siting.data.tables import COUNTRY_NAMES, EU27

if TYPE_CHECKING:
    from pathlib import Path

#: Squares by code: (country, corners); a corner on a neighbour's border is a vertex of both.
SQUARES = {
    "EE001": ("EE", [(24, 59), (24, 60), (25, 60), (25, 59)]),
    "EE004": ("EE", [(25, 59), (25, 60), (26, 60), (26, 59)]),
    "LV003": ("LV", [(24, 58), (24, 59), (25, 59), (26, 59), (26, 58)]),
    "NO020": ("NO", [(26, 59), (26, 60), (27, 60), (27, 59)]),
}


def topology(characters: int) -> dict[str, Any]:
    """Return TopoJSON of the squares dissolved to one feature per code of that length: a part per square."""
    arcs, geometries = [], {}
    for code, (country, corners) in SQUARES.items():
        closed = [*corners, corners[0]]
        grid = [(round((x - 20) * 1000), round((y - 50) * 1000)) for x, y in closed]
        steps = [grid[0], *((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(grid))]
        arcs.append([list(step) for step in steps])
        name = code[:characters]
        properties = {"NUTS_ID": name, "CNTR_CODE": country, "NAME_LATN": f"Region {name}"}
        geometry = geometries.setdefault(name, {"type": "MultiPolygon", "arcs": [], "properties": properties})
        geometry["arcs"].append([[len(arcs) - 1]])
    return {
        "type": "Topology",
        "transform": {"scale": [0.001, 0.001], "translate": [20, 50]},
        "arcs": arcs,
        "objects": {"NUTS": {"type": "GeometryCollection", "geometries": list(geometries.values())}},
    }


GRID = {
    "osm_buses.csv": """bus_id,voltage,dc,symbol,under_construction,tags,x,y,country,geometry
way/1-330,330,f,Substation,f,,24.5,59.5,EE,POINT
way/1-220,220,f,Substation,f,,24.501,59.5,EE,POINT
way/2-220,220,f,Substation,f,,25.5,59.5,EE,POINT
way/3-330,330,f,Substation,f,,25.0,57.98,LV,POINT
way/4-330,330,t,Substation,f,,24.2,59.2,EE,POINT
way/5-330,330,f,Substation,f,,26.5,59.5,NO,POINT
way/6-330,330,f,Substation,f,,25.2,57.0,LV,POINT
""",
    "osm_transformers.csv": """transformer_id,bus0,bus1,voltage_bus0,voltage_bus1,s_nom,geometry
way/1,way/1-220,way/1-330,220,330,500,LINESTRING
""",
    "entsoegridkit/buses.csv": """bus_id,station_id,voltage,dc,symbol,under_construction,tags,x,y
1,1,300,f,Substation,f,'"country"=>"EE"',24.5,59.5
2,2,300,f,Substation,f,'"country"=>"LV"',25.0,58.5
3,3,300,f,Substation,f,'"oid"=>"1"',26.5,59.5
4,4,220,f,joint,f,'"country"=>"EE"',25.5,59.4
5,5,300,t,Substation,f,'"country"=>"EE"',25.5,59.4
""",
    "entsoegridkit/lines.csv": """line_id,bus0,bus1,voltage,circuits,length,underground,\
under_construction,tags,geom
1,1,2,300,2,1,False,False,'a,b','LINESTRING(1 1,2 2)'
2,1,3,300,1,1,False,False,,'LINESTRING(1 1,2 2)'
3,1,4,220,1,1,False,False,,'LINESTRING(1 1,2 2)'
4,1,2,380,1,1,False,True,,'LINESTRING(1 1,2 2)'
5,1,2,132,4,1,False,False,,'LINESTRING(1 1,2 2)'
6,5,2,300,4,1,False,False,,'LINESTRING(1 1,2 2)'
""",
    "powerplants_ge10mw.csv": """id,Name,Fueltype,Technology,Country,Capacity,DateIn,DateOut,lat,lon
1,Open,Nuclear,Steam Turbine,Estonia,1000,1980,,59.5,24.5
2,Closed,Nuclear,Steam Turbine,Estonia,700,1980,2025.0,59.5,24.5
3,Closes later,Hard Coal,,Estonia,100,1980,2030.0,59.5,24.5
4,Not yet,Natural Gas,CCGT,Estonia,400,2026,,59.5,24.5
5,River,Hydro,Run-Of-River,Latvia,200,,,58.5,25.0
6,Offshore,Wind,Offshore,Latvia,100,2020,,58.5,23.8
""",
    "electricity_load_twh_unchecked.csv": "country,approx_annual_load_TWh_2023_24\nEE,8.76\nLV,4.38\n",
}

POPULATION = {
    "n2_cm_v2021_v2024.csv": """code_v2021,code_v2024,uniqueID,areaKm,pop11,pop21
EE00,EE00,a,6000.0,1,1000000.0
LV00,LV08,b,4000.0,1,300000.0
LV00,LV09,c,3000.0,1,100000.0
NO02,NO02,d,3000.0,1,500000.0
""",
    "n3_cm_v2021_v2024.csv": """code_v2021,code_v2024,uniqueID,areaKm,pop11,pop21
EE001,EE001,a,3000.0,1,750000.0
EE004,EE004,b,3000.0,1,250000.0
LV003,LV081,c,7000.0,1,400000.0
""",
    "eurostat_gdp_pc_pps_rel_eu_nuts2.csv": """freq,unit,geo,time,obs_value
A,PPS,EE00,2022,80
A,PPS,LV08,2022,70
A,PPS,LV09,2022,50
A,PPS,EE00,2023,90
A,PPS,LV08,2023,:
A,PPS,LV09,2023,60
A,PPS,EE00,2016,80
A,PPS,EE00,2017,84
A,PPS,LV08,2016,64
A,PPS,LV09,2016,56
""",
    "eurostat_nama_10r_2gdp.csv": """unit,geo,TIME_PERIOD,OBS_VALUE
MIO_EUR,EE00,2023,30000
MIO_EUR,LV08,2023,8000
MIO_EUR,LV09,2023,2000
""",
}

PRICES = """geo,band,2024-S2,2025-S1,2025-S2
EU27_2020,IF,0.1000,0.1000,0.1000
EU27_2020,IG,0.0900,0.0900,0.0800
EE,IF,0.1200,0.1100 e,0.1000
EE,IG,0.0000,: @C,0.0000
LV,IF,:,: @C,:
LV,IG,0.0700,:,0.0000 n
FR,IF,0.0800,0.0700 p,0.0600
FR,IG,0.0700,0.0600,0.0500 p
HR,IF,: @C,: @C,: @C
HR,IG,: @C,: @C,: @C
"""


def ember() -> str:
    """Return day-ahead means: Croatia 100 and 120 in 2025, Serbia too, France but for December, Sweden 50 and 40."""
    lines = ["Country,ISO3 Code,Date,Price (EUR/MWhe)"]
    for month in range(1, 13):
        lines.append(f"Croatia,HRV,2025-{month:02d}-01,{100 if month <= 6 else 120}")
        lines.append(f"Serbia,SRB,2025-{month:02d}-01,90")
        if month < 12:
            lines.append(f"France,FRA,2025-{month:02d}-01,60")
        lines += [f"Sweden,SWE,2023-{month:02d}-01,50", f"Sweden,SWE,2025-{month:02d}-01,40"]
    return "\n".join(lines) + "\n"


def zone_prices(price: float) -> str:
    """Return a year of hourly prices, one of them missing, as the Transparency Platform writes it."""
    hours = [f'"01.01.2023 00:00 - 01.01.2023 01:00","{price:.2f}","EUR"'] * 8759
    head = '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|SE1"'
    return "\n".join([head, *hours, '"31.12.2023 23:00 - 01.01.2024 00:00","-","EUR"']) + "\n"


def exchanges() -> str:
    """Return exchanges: well placed, without a place, and one that says Tallinn and lies in Frankfurt."""
    columns = ("id", "name", "city", "country", "net_count", "lat", "lng")
    rows = [
        (1, "Here  IX", "Tallinn", "EE", 150, 59.44, 24.75),
        (2, "Placeless IX", "Riga", "LV", 120, None, None),
        (3, "Elsewhere IX", "Tallinn", "EE", 300, 50.1, 8.7),
        (4, "Nowhere IX", "Atlantis", "EE", 5, None, None),
        (5, "Far IX", "Paris", "FR", 400, 48.86, 2.35),
        (6, "Abroad IX", "Oslo", "NO", 90, 59.91, 10.75),
        (7, "Overseas IX", "Lima", "PE", 90, -12.0, -77.0),
    ]
    return json.dumps({"exchanges": [dict(zip(columns, row, strict=True)) for row in rows]})


def write_raw_files(folder: Path) -> Path:
    """Write every raw file the rebuild reads, and return the folder."""
    everywhere = "\n".join(f"{COUNTRY_NAMES[code]},X,2023,{100 + place}" for place, code in enumerate(EU27))
    files = {
        **{f"geometry/nuts{n}_2021_10m.topojson": json.dumps(topology(n + 2)) for n in (0, 2, 3)},
        **{f"grid/{name}": text for name, text in GRID.items()},
        **{f"population/{name}": text for name, text in POPULATION.items()},
        "prices/eurostat_nrg_pc_205_if_ig_ex_vat.csv": PRICES,
        "prices/ember_wholesale_monthly.csv": ember(),
        "domain/enduser_adders_estimates.csv": (
            "country,network_eur_mwh_central,tax_levy_eur_mwh_central,status,note\n"
            "HR,13,3,M,\nFI,7,22.4,tax R; network M,read\n"
        ),
        "domain/call_requirements.csv": (
            "item,lot1,lot2,status,source\nmember states in joint procurement,EE FI,same,R2,note\n"
        ),
        "domain/power_per_accelerator.csv": (
            "platform,kW_IT_per_accel_all_in,status,note\nGB200 NVL72,2.08,R,read\nH100 SXM,1.4,M,guess\n"
        ),
        "cohesion/cohesion_category_nuts2.csv": (
            "nuts2,category_recomputed,category_2021_27_best,within_3pts_of_threshold,max_cofinancing_pct_art112,"
            "erdf_large_enterprise_STEP_eligible_art5_2_e,note\n"
            "EE00,TR,TR,,60,Y,\nLV00,TR,?,Y,85,?,M\n"
        ),
        "cohesion/cohesion_category_unchecked.csv": (
            "nuts2,category_2021_2027_FROM_MEMORY\nEE00,less_developed\nLV00,less_developed\n"
        ),
        "climate/owid_carbon_intensity_electricity.csv": (
            f"Entity,Code,Year,Carbon intensity of electricity - gCO2/kWh\n{everywhere}\n"
        ),
        "ai/ai_adoption_by_country.csv": "geo,value,year\n" + "\n".join(f"{code},10.5,2025" for code in EU27) + "\n",
        "internet/peeringdb_ixps.json": exchanges(),
        **{f"prices/SE{n}_2023_entsoe.csv": zone_prices(20.0 * n) for n in (1, 2, 3, 4)},
        "population/eurostat_tgs00042_gerd_rd_expenditure.csv": (
            "geo,TIME_PERIOD,OBS_VALUE\nEE00,2021,1.5\nEE00,2023,1.8\nLV08,2023,1.0\nLV09,2023,0.6\n"
        ),
        "population/eurostat_tgs00109_tertiary_education_25_64.csv": (
            "geo,TIME_PERIOD,OBS_VALUE\nEE00,2024,42.0\nLV08,2012,30.0\n"
        ),
        "ai/ai_factories_compiled.csv": (
            "wave,date,country,name,city,host,status_of_check\n"
            "1,2024-12-10,EE,Test Factory,Tallinn (system elsewhere),Host,verified in stored page (x)\n"
            "3,2025-10-10,LV,Other,Riga,Host,country verified; rest from memory\n"
        ),
        "cohesion/jtf_territories_unchecked.csv": (
            "country,territory_name,nuts3_or_nuts2_codes_from_memory,confidence\n"
            'EE,Ida-Viru,"EE007 (NUTS2016) / EE004 (NUTS2021+)",medium\n'
        ),
        "cohesion/country_gdp_index_2015_17.csv": "country,gdp_pps_index_2015_17_recomputed,below_EU27,"
        "cohesion_fund_2021_27(M)\n" + "\n".join(f"{code},80,Y,{'Y' if code > 'EE' else 'N'}" for code in EU27) + "\n",
        "internet/rtt_europe_azure_p95_2026-07-30.csv": (
            "region_a,city_a,region_b,city_b,gc_km,rtt_p95_min_ms\nb,Oslo,c,Riga,850,25.0\na,Berlin,c,Riga,840,22.0\n"
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
