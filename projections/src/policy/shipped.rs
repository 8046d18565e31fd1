//! The policies that come with the program.

/// Their texts, by id, the manual's first.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "allways-my-care-family-2019",
        include_str!("../../policies/allways-my-care-family-2019.toml"),
    ),
    ("medicaid-managed-care", include_str!("../../policies/medicaid-managed-care.toml")),
    ("massachusetts", include_str!("../../policies/massachusetts.toml")),
    ("medicare-recoupment", include_str!("../../policies/medicare-recoupment.toml")),
    ("medicaid-federal", include_str!("../../policies/medicaid-federal.toml")),
    ("texas", include_str!("../../policies/texas.toml")),
    ("florida", include_str!("../../policies/florida.toml")),
    ("new-york", include_str!("../../policies/new-york.toml")),
    ("delaware", include_str!("../../policies/delaware.toml")),
    ("hipaa", include_str!("../../policies/hipaa.toml")),
];
