//! ZIP archives as signed containers need them: written plainly, and read so strictly that no two programs can see different
//! files in one archive.
//!
//! An ordinary reader looks at the directory at the end and believes it. What it does not look at, others do: names and
//! lengths said again before each file, files that the directory leaves out, a second directory. Here the files and the
//! directory have to fill the archive without a gap, and everything that is said twice has to be the same.

mod read;
mod write;

pub(crate) use read::Archive;
pub use read::{Limits, ZipError};
pub(crate) use write::Writer;

/// The signature of a file.
const LOCAL: u32 = 0x0403_4B50;
/// The signature of an entry of the directory.
const CENTRAL: u32 = 0x0201_4B50;
/// The signature of the end of the directory.
const END: u32 = 0x0605_4B50;
/// That of the same for large archives, and of where it stands.
const END_64: u32 = 0x0606_4B50;
const LOCATOR_64: u32 = 0x0706_4B50;
/// The signature of what follows a file whose length was not known before.
const DESCRIPTOR: u32 = 0x0807_4B50;
/// The methods that occur: as it is, and RFC 1951.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
