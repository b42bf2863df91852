use adapters::mail::Brand;
use model::{
    Id,
    core::{BrandKit, Color, Organization},
};
use store::Find;

use crate::{Result, doors::House};

/// The platform's own colour, and an organization's without a brand kit.
const PRIMARY: [u8; 3] = [0x0b, 0x5d, 0x4e];

impl House {
    /// How mails of an organization look, or those of the platform.
    pub(crate) async fn brand(&self, owner: Option<Id<Organization>>) -> Result<Brand> {
        let Some(id) = owner else { return Ok(brand("Wrkbelt".to_owned(), None)) };
        let Some(organization) = self.store.platform().get(id).await? else {
            return Ok(brand("Wrkbelt".to_owned(), None));
        };
        let (kits, _) = self.store.scoped(id).list::<BrandKit>(Find::all()).await?;
        let kit = kits.iter().find(|it| it.body.is_default).or(kits.first());
        Ok(brand(organization.body.name, kit.map(|it| &it.body)))
    }
}

/// Logos are private files, which a mail cannot show.
fn brand(name: String, kit: Option<&BrandKit>) -> Brand {
    let colors = kit.map(|it| &it.colors);
    let primary = colors.map_or_else(|| Color::new(PRIMARY), |it| it.primary.clone());
    let on_primary = colors.and_then(|it| it.on_primary.clone());
    let on_primary = on_primary.unwrap_or_else(|| primary.ink());
    Brand { name, logo_url: None, primary, on_primary }
}
