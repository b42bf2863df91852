use std::{borrow::Cow, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, core::File,
};

/// How an organization's booking pages and mails look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandKit {
    /// 1 to 100 characters, unique in the organization.
    pub name: String,
    pub logo_file: Option<Id<File>>,
    pub favicon_file: Option<Id<File>>,
    pub colors: BrandColors,
    #[serde(default)]
    pub typography: Typography,
    #[serde(default)]
    pub shape: BrandShape,
    #[serde(default)]
    pub dark_mode: DarkMode,
    /// Custom style sheet text, at most 20,000 characters; served to nobody until it is sanitised.
    pub custom_css: Option<String>,
    #[serde(default)]
    pub is_default: bool,
}

/// What is absent is computed from `primary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandColors {
    pub primary: Color,
    pub on_primary: Option<Color>,
    pub surface: Option<Color>,
    pub on_surface: Option<Color>,
    pub accent: Option<Color>,
    pub danger: Option<Color>,
}

/// `#rrggbb`, and nothing else that CSS would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Color(String);

/// Fonts and their size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Typography {
    /// A font that the visitor's device has; absent is the system's.
    pub font_family: Option<String>,
    /// 0.8 to 1.5, 1 being ordinary.
    #[serde(default = "ordinary_scale")]
    pub scale: f32,
}

/// Corners and spacing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandShape {
    /// Corner radius in CSS pixels, 0 to 32.
    #[serde(default = "ordinary_radius")]
    pub radius: u8,
    #[serde(default)]
    pub density: Density,
}

/// How much air there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

/// When to be dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DarkMode {
    /// As the visitor's device is.
    #[default]
    Auto,
    Light,
    Dark,
}

fn ordinary_scale() -> f32 {
    1.0
}

fn ordinary_radius() -> u8 {
    8
}

impl Default for Typography {
    fn default() -> Self {
        Self { font_family: None, scale: ordinary_scale() }
    }
}

impl Default for BrandShape {
    fn default() -> Self {
        Self { radius: ordinary_radius(), density: Density::default() }
    }
}

impl Color {
    /// Red, green and blue.
    pub fn new([red, green, blue]: [u8; 3]) -> Self {
        Self(format!("#{red:02x}{green:02x}{blue:02x}"))
    }

    /// Black or white: whichever contrasts more with it, as WCAG counts.
    #[must_use]
    pub fn ink(&self) -> Self {
        let linear = |at: usize| {
            let byte = self.0.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok());
            let part = f32::from(byte.unwrap_or_default()) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
        // There both contrasts are the same: (1.05 / 0.05)^½ is 4.58.
        if luminance > 0.179 { Self::new([0; 3]) } else { Self::new([255; 3]) }
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        if digits.len() == 6 && digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(format!("`{text}` is not a colour such as #0b5d4e"))
        }
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Entity for BrandKit {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "brand_kits",
        label: "brand kit",
        indexes: &[Index { name: "name", fields: &["name"], unique: true, only: Only::All }],
        references: &[
            Reference { field: "logo_file", to: "files", on_delete: OnDelete::SetNull },
            Reference { field: "favicon_file", to: "files", on_delete: OnDelete::SetNull },
        ],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        let family = self.typography.font_family.as_deref().unwrap_or_default();
        let plain = family.chars().all(|it| it.is_alphanumeric() || " ,-'".contains(it));
        place.at("typography.font_family").text(family, 0, 100);
        place.at("typography.font_family").require(plain, "characters", "must be font names only");
        place.at("typography.scale").range(&self.typography.scale, &0.8, &1.5);
        place.at("shape.radius").range(&self.shape.radius, &0, &32);
        place.at("custom_css").text(self.custom_css.as_deref().unwrap_or_default(), 0, 20_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_what_can_be_read() {
        for (color, ink) in [
            ("#ffffff", "#000000"),
            ("#ffd500", "#000000"),
            ("#777777", "#000000"),
            ("#757575", "#ffffff"),
            ("#0b5d4e", "#ffffff"),
            ("#000000", "#ffffff"),
        ] {
            let color: Color = color.parse().unwrap();
            assert_eq!(color.ink().0, ink, "{color:?}");
        }
    }
}
