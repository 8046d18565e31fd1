//! The words of generated data: names, streets, and code values everybody in the field knows.
//!
//! Everybody in it is invented: surnames are trees and waters, nobody's list of people. Codes stand
//! here as values only; what they mean is in the guides that own the texts.

/// The entry at an index, which wraps around the end of the table.
pub(super) fn entry<T: Copy + Default>(table: &[T], index: usize) -> T {
    let wrapped = index.checked_rem(table.len()).unwrap_or_default();
    table.get(wrapped).copied().unwrap_or_default()
}

/// Surnames of patients and practitioners.
pub(super) const SURNAMES: [&str; 40] = [
    "ALDERWOOD",
    "ASHBROOK",
    "BEECHAM",
    "BIRCHFIELD",
    "BLACKTHORN",
    "BRAMBLE",
    "BROOKSEDGE",
    "CEDARHOLM",
    "CHESTNUTT",
    "CLOVERLY",
    "CREEKMOOR",
    "DOGWOOD",
    "ELDERMERE",
    "ELMSTEAD",
    "FERNDALE",
    "FIRTHOLM",
    "FOXGLOVE",
    "HAWTHORNE-LEA",
    "HAZELTON",
    "HEATHERBY",
    "HOLLYOAK",
    "IVYBRIDGE",
    "JUNIPERO",
    "LARCHMONT",
    "LAURELMERE",
    "LINDENFIELD",
    "MAPLETHORPE",
    "MARSHFELL",
    "MEADOWSWEET",
    "MOSSGROVE",
    "MYRTLEFORD",
    "OAKHOLLOW",
    "PINECREST",
    "POPLARTON",
    "REEDWATER",
    "ROWANLEE",
    "SEDGEWICKE",
    "THISTLEDOWN",
    "WILLOWBANK",
    "YEWBARROW",
];

/// First names.
pub(super) const FIRST_NAMES: [&str; 32] = [
    "ADA", "ALMA", "ANSEL", "BASIL", "BRUNO", "CLARA", "CORA", "DELIA", "EDGAR", "ELSA", "EZRA",
    "FLORA", "GREER", "HUGO", "IDA", "INES", "JONAS", "JUNE", "KIT", "LEON", "LOLA", "MILO",
    "NELL", "NORA", "OTIS", "PEARL", "QUINN", "ROSA", "SILAS", "THEA", "VERA", "WALT",
];

/// First words of payees' names.
pub(super) const PLACES: [&str; 24] = [
    "AMBER BAY",
    "BEACON HOLLOW",
    "BLUE HERON",
    "CAPE LANTERN",
    "CLEARWATER",
    "COPPER MILL",
    "DRIFTWOOD",
    "EAST ORCHARD",
    "FOUR ELMS",
    "GANNET POINT",
    "GRANITE RIDGE",
    "GREENSWARD",
    "HIGH MEADOW",
    "KESTREL",
    "LANTERN HILL",
    "LITTLE HARBOR",
    "MILLPOND",
    "NORTH FERRY",
    "OLD QUARRY",
    "OSPREY",
    "SALT MARSH",
    "STONE BRIDGE",
    "TIDEWATER",
    "WINDMILL",
];

/// Second words of payees' names.
pub(super) const PRACTICES: [&str; 12] = [
    "FAMILY MEDICINE",
    "BEHAVIORAL HEALTH",
    "PHYSICAL THERAPY",
    "IMAGING",
    "PEDIATRICS",
    "COMMUNITY HOSPITAL",
    "ORTHOPEDICS",
    "CARDIOLOGY",
    "LABORATORY",
    "HEALTH CENTER",
    "AMBULANCE SERVICE",
    "HOME CARE",
];

/// Streets.
pub(super) const STREETS: [&str; 8] = [
    "LANTERN ST",
    "QUARRY RD",
    "HERON WAY",
    "ORCHARD AVE",
    "MILL LN",
    "FERRY RD",
    "BEACON CT",
    "MARSH ST",
];

/// Towns with their postal codes, Massachusetts.
pub(super) const TOWNS: [(&str, &str); 8] = [
    ("BOSTON", "021100001"),
    ("WORCESTER", "016080002"),
    ("SPRINGFIELD", "011030003"),
    ("LOWELL", "018520004"),
    ("QUINCY", "021690005"),
    ("BROCKTON", "023010006"),
    ("PITTSFIELD", "012010007"),
    ("SALEM", "019700008"),
];

/// Procedure codes (835 SVC01-2) with a usual charge in cents.
pub(super) const PROCEDURES: [(&str, i64); 48] = [
    ("99213", 14_500),
    ("99214", 21_000),
    ("99212", 9_500),
    ("99203", 19_500),
    ("99204", 28_500),
    ("99215", 29_000),
    ("99393", 16_500),
    ("99396", 19_000),
    ("99283", 42_000),
    ("99284", 78_500),
    ("99285", 121_000),
    ("99232", 13_800),
    ("90791", 24_000),
    ("90832", 9_800),
    ("90834", 13_200),
    ("90837", 18_400),
    ("90853", 6_000),
    ("97110", 5_400),
    ("97112", 5_900),
    ("97140", 5_200),
    ("97530", 6_100),
    ("97161", 14_800),
    ("92507", 11_800),
    ("36415", 1_200),
    ("80053", 3_900),
    ("80061", 4_600),
    ("83036", 3_100),
    ("84443", 5_600),
    ("85025", 2_900),
    ("81003", 1_500),
    ("87880", 4_200),
    ("87086", 3_300),
    ("71046", 9_800),
    ("73030", 8_700),
    ("73562", 9_400),
    ("70450", 68_000),
    ("72148", 149_500),
    ("76700", 36_500),
    ("93000", 7_200),
    ("93306", 112_000),
    ("20610", 18_900),
    ("96372", 4_800),
    ("90471", 4_100),
    ("90686", 3_700),
    ("G0439", 23_400),
    ("J1885", 900),
    ("A0428", 64_500),
    ("H0004", 7_600),
];

/// Modifiers (835 SVC01-3); most lines have none.
pub(super) const MODIFIERS: [&str; 16] =
    ["", "", "", "", "", "", "", "", "", "25", "59", "GP", "26", "95", "LT", "RT"];

/// Revenue codes of facility lines (835 SVC04).
pub(super) const REVENUE: [&str; 8] =
    ["0450", "0300", "0320", "0510", "0636", "0420", "0730", "0250"];

/// Claim filing indicators (835 CLP06).
pub(super) const FILING: [&str; 4] = ["MC", "HM", "MC", "12"];

/// Places of service of professional claims (835 CLP08).
pub(super) const PLACES_OF_SERVICE: [&str; 8] = ["11", "11", "11", "11", "22", "10", "21", "23"];

/// Facility types of institutional claims (835 CLP08); the first stays overnight.
pub(super) const FACILITIES: [&str; 4] = ["11", "13", "13", "85"];

/// Reasons of denials (835 CAS02), all in force.
pub(super) const DENIALS: [u16; 10] = [16, 18, 27, 29, 50, 96, 97, 109, 197, 204];

/// Reasons that were in force once (835 CAS02) and ended before any date of generated data.
pub(super) const RETIRED: [u16; 3] = [17, 42, 57];

/// Remark codes of lines (835 LQ02).
pub(super) const REMARKS: [&str; 6] = ["N130", "N362", "M15", "N20", "M51", "N56"];

/// Remark codes of claims (835 MOA03, MIA05).
pub(super) const CLAIM_REMARKS: [&str; 4] = ["MA01", "MA18", "MA130", "MA07"];
