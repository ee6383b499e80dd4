//! The profiles that come with Karvan.

/// A profile that comes with Karvan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../../schemas/profiles/", $name, ".toml")) }),*]
    };
}

/// All of them, by name.
#[must_use]
pub const fn shipped() -> &'static [Shipped] {
    shipped!["eancom97-desadv", "eancom97-invoic", "eancom97-orders", "en16931-invoic"]
}
