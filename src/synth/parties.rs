//! The zone of a business document that says who sells and who buys.

use super::deal::Deal;
use super::invoice::{Head, MetaAt, Plan};
use super::letterhead::PartyFields;
use super::pairs::{Pair, PairLayout};
use super::scribe::Scribe;
use crate::lexicon::Term;

impl Scribe<'_> {
    /// Recipient, perhaps a delivery address, perhaps the numbers beside them.
    pub(super) fn party_zone(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        top: f32,
    ) -> f32 {
        if plan.head == Head::Parties {
            return self.both_parties(deal, plan, meta, top);
        }
        let (left, right) = (plan.left, plan.right);
        let meta_here = plan.meta == MetaAt::Recipient;
        let ship = !meta_here && self.dice.chance(0.45) || self.dice.chance(0.1);
        let columns = 1 + usize::from(meta_here) + usize::from(ship);
        let room =
            if columns == 1 { (right - left) * 0.5 } else { (right - left) / columns as f32 };
        let swap = columns == 2 && self.dice.chance(0.2);
        let slot = |index: usize| left + room * index as f32;
        let (recipient_slot, last_slot) = if swap { (1, 0) } else { (0, columns - 1) };
        let mut y = top;
        if plan.head == Head::SenderLine {
            y = self.sender_line(&deal.seller, (slot(recipient_slot), y), room - 10.0);
        }
        let heading = if plan.head == Head::SenderLine || self.dice.chance(0.25) {
            None
        } else {
            Some(Term::BillTo)
        };
        let at = (slot(recipient_slot), y);
        let mut bottom =
            self.party_block(heading, &deal.buyer, PartyFields::BUYER, at, room - 14.0);
        if ship {
            let at = (slot(if meta_here { 1 } else { last_slot }), top);
            let same = self.dice.chance(0.5);
            let fields = if same { PartyFields::BUYER } else { PartyFields::default() };
            let mut party = deal.buyer.clone();
            if !same {
                party.name = deal.buyer.person.clone();
            }
            let heading = Some(Term::ShipTo);
            bottom = bottom.max(self.party_block(heading, &party, fields, at, room - 14.0));
        }
        if meta_here && let Some(pairs) = meta.take() {
            let layout = self.dice.weighted(&PairLayout::BLOCK);
            let x = slot(last_slot);
            let width = if last_slot == 0 { room - 14.0 } else { right - x };
            bottom = bottom.max(self.pairs((x, top), width, pairs, layout));
        }
        bottom
    }

    /// Seller and buyer in blocks alike, beside or below each other.
    fn both_parties(
        &mut self,
        deal: &Deal,
        plan: &Plan,
        meta: &mut Option<Vec<Pair>>,
        top: f32,
    ) -> f32 {
        let room = (plan.right - plan.left) / 2.0;
        let beside = self.dice.chance(0.6);
        let headed = self.dice.chance(0.93);
        let seller_first = self.dice.chance(0.8);
        let (mut at, mut bottom) = ((plan.left, top), top);
        for is_seller in [seller_first, !seller_first] {
            let (heading, party, fields) = if is_seller {
                (Term::From, &deal.seller, PartyFields::SELLER)
            } else {
                (Term::BillTo, &deal.buyer, PartyFields::BUYER)
            };
            let end = self.party_block(headed.then_some(heading), party, fields, at, room - 14.0);
            bottom = bottom.max(end);
            at = if beside {
                (plan.left + room, top)
            } else {
                (plan.left, end + self.dice.real(6.0, 16.0))
            };
        }
        if !beside
            && plan.meta == MetaAt::Recipient
            && let Some(pairs) = meta.take()
        {
            let layout = self.dice.weighted(&PairLayout::BLOCK);
            bottom = bottom.max(self.pairs((plan.left + room, top), room, pairs, layout));
        }
        bottom
    }
}
