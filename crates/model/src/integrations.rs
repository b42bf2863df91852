//! Other systems that a business uses.

/// Access to a vendor's system. Only its ids exist so far.
pub enum VendorCredential {}
