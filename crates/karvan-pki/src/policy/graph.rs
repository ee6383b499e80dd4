//! The `valid_policy_graph` of RFC 9618, which takes the place of the tree of RFC 5280 §6.1.
//!
//! A tree has a node for every way that leads to a policy, so mappings that fan out and meet again double it at each
//! certificate. The graph has one node for a policy at a depth, with all its parents: what it costs is what the
//! certificates say, and even that is counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{ANY_POLICY, CertificatePolicy, PolicyMapping, PolicyQualifier, ValidPolicy};
use crate::trace::{Fact, Facts};
use crate::{Limit, ObjectIdentifier, limits::Budget};

/// The graph, one level a certificate below the trust anchor; without a level it is NULL.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    levels: Vec<BTreeMap<ObjectIdentifier, Node<'a>>>,
}

/// A policy at a depth (RFC 9618 §3.1). Its `valid_policy` is the key that it has in its level.
#[derive(Debug)]
struct Node<'a> {
    /// `qualifier_set`.
    qualifiers: &'a [PolicyQualifier],
    /// `expected_policy_set`: what the next certificate may call it.
    expected: BTreeSet<ObjectIdentifier>,
    /// The policies of the level before that it comes from.
    parents: BTreeSet<ObjectIdentifier>,
}

impl<'a> Graph<'a> {
    /// §6.1.2 (a): any policy, from the trust anchor.
    pub(crate) fn new() -> Self {
        let root = Node { qualifiers: &[], expected: BTreeSet::from([ANY_POLICY]), parents: BTreeSet::new() };
        Self { levels: vec![BTreeMap::from([(ANY_POLICY, root)])] }
    }

    /// Whether no policy is left.
    pub(crate) fn is_null(&self) -> bool {
        self.levels.is_empty()
    }

    /// §6.1.3 (d) and (e): the policies of the next certificate; `any` says whether its `anyPolicy` counts.
    pub(crate) fn process(
        &mut self,
        policies: Option<&'a [CertificatePolicy]>,
        any: bool,
        budget: &mut Budget,
    ) -> Result<(), Limit> {
        let Some(policies) = policies else {
            self.levels.clear();
            return Ok(());
        };
        policies.iter().try_for_each(|_| budget.spend())?;
        let Some(last) = self.levels.last() else { return Ok(()) };
        // Which nodes of the level before expect a policy.
        let mut expecting: BTreeMap<ObjectIdentifier, BTreeSet<ObjectIdentifier>> = BTreeMap::new();
        for (valid, node) in last {
            for expected in &node.expected {
                budget.spend()?;
                expecting.entry(*expected).or_default().insert(*valid);
            }
        }
        let mut level = BTreeMap::new();
        let mut add = |policy: ObjectIdentifier, qualifiers: &'a [PolicyQualifier], parents| {
            budget.spend()?;
            level.entry(policy).or_insert_with(|| Node { qualifiers, expected: BTreeSet::from([policy]), parents });
            Ok::<_, Limit>(())
        };
        // (d)(1)
        for policy in policies.iter().filter(|policy| policy.identifier != ANY_POLICY) {
            if let Some(parents) = expecting.get(&policy.identifier) {
                add(policy.identifier, &policy.qualifiers, parents.clone())?;
            } else if last.contains_key(&ANY_POLICY) {
                add(policy.identifier, &policy.qualifiers, BTreeSet::from([ANY_POLICY]))?;
            }
        }
        // (d)(2)
        if let Some(policy) = policies.iter().find(|policy| any && policy.identifier == ANY_POLICY) {
            for (expected, parents) in expecting {
                add(expected, &policy.qualifiers, parents)?;
            }
        }
        self.levels.push(level);
        self.prune();
        Ok(())
    }

    /// §6.1.4 (b): what the subject of the last certificate calls the policies of its issuer; where mapping is not
    /// `allowed`, the policies that are mapped are lost.
    pub(crate) fn map(&mut self, mappings: &[PolicyMapping], allowed: bool, budget: &mut Budget) -> Result<(), Limit> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        if !allowed {
            for mapping in mappings {
                budget.spend()?;
                level.remove(&mapping.issuer);
            }
            self.prune();
            return Ok(());
        }
        let mut mapped: BTreeMap<ObjectIdentifier, BTreeSet<ObjectIdentifier>> = BTreeMap::new();
        for mapping in mappings {
            budget.spend()?;
            mapped.entry(mapping.issuer).or_default().insert(mapping.subject);
        }
        let any = level.get(&ANY_POLICY).map(|node| node.qualifiers);
        for (issuer, subjects) in mapped {
            match (level.get_mut(&issuer), any) {
                (Some(node), _) => node.expected = subjects,
                (None, Some(qualifiers)) => {
                    let parents = BTreeSet::from([ANY_POLICY]);
                    level.insert(issuer, Node { qualifiers, expected: subjects, parents });
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// §6.1.5 (g): the policies, as the trust anchor calls them, for which the path is valid, of those that are
    /// `acceptable`, which is any where there are none. The graph keeps what belongs to them.
    pub(crate) fn intersect(
        &mut self,
        acceptable: Option<&BTreeSet<ObjectIdentifier>>,
        budget: &mut Budget,
    ) -> Result<Vec<ValidPolicy>, Limit> {
        if let Some(acceptable) = acceptable {
            // (iii)(1), (2): nodes right below anyPolicy are in the domain of the trust anchor.
            let mut domain = BTreeSet::new();
            for level in &mut self.levels {
                level.retain(|valid, node| {
                    let own = *valid != ANY_POLICY && node.parents.contains(&ANY_POLICY);
                    let stays = !own || acceptable.contains(valid);
                    if own && stays {
                        domain.insert(*valid);
                    }
                    stays
                });
            }
            // (iii)(3): what anyPolicy stands for in the end are the acceptable policies that are not there yet.
            let last = self.levels.len().saturating_sub(1);
            if last > 0
                && let Some(any) = self.levels[last].remove(&ANY_POLICY)
            {
                for policy in acceptable.difference(&domain) {
                    budget.spend()?;
                    // The policy may stand there already, as what another one was mapped to.
                    let node = self.levels[last].entry(*policy).or_insert_with(|| Node {
                        qualifiers: any.qualifiers,
                        expected: BTreeSet::from([*policy]),
                        parents: BTreeSet::new(),
                    });
                    node.parents.extend(&any.parents);
                }
            }
            self.prune_orphans();
            self.prune();
        }
        self.valid_policies(budget)
    }

    /// The policies in the domain of the trust anchor that lead down to the last level.
    fn valid_policies(&self, budget: &mut Budget) -> Result<Vec<ValidPolicy>, Limit> {
        let mut policies = BTreeMap::new();
        let mut children: Vec<BTreeMap<ObjectIdentifier, ObjectIdentifier>> = Vec::with_capacity(self.levels.len());
        for level in self.levels.iter().skip(1) {
            // One child of each node of the level before: the trail needs one, and all lead to the last level.
            let mut of_level = BTreeMap::new();
            for (valid, node) in level {
                for parent in &node.parents {
                    budget.spend()?;
                    of_level.entry(*parent).or_insert(*valid);
                }
            }
            children.push(of_level);
        }
        for (depth, level) in self.levels.iter().enumerate().skip(1) {
            let is_last = depth + 1 == self.levels.len();
            for (valid, node) in level {
                if !node.parents.contains(&ANY_POLICY) || (*valid == ANY_POLICY && !is_last) {
                    continue;
                }
                let mut trail = vec![ANY_POLICY; depth - 1];
                trail.push(*valid);
                for of_level in children.iter().skip(depth) {
                    budget.spend()?;
                    trail.extend(trail.last().and_then(|last| of_level.get(last)).copied());
                }
                let end = trail.last().and_then(|last| self.levels.last()?.get(last));
                let qualifiers = end.map_or_else(Vec::new, |node| node.qualifiers.to_vec());
                policies.entry(*valid).or_insert(ValidPolicy { policy: *valid, trail, qualifiers });
            }
        }
        Ok(policies.into_values().collect())
    }

    /// §6.1.3 (d)(3): deletes nodes above the last level that have no child. Where the root goes, the graph is NULL.
    fn prune(&mut self) {
        for depth in (1..self.levels.len()).rev() {
            let parents: HashSet<_> =
                self.levels[depth].values().flat_map(|node| node.parents.iter().copied()).collect();
            let above = &mut self.levels[depth - 1];
            let before = above.len();
            above.retain(|valid, _| parents.contains(valid));
            if above.len() == before {
                break;
            }
        }
        if self.levels.iter().any(BTreeMap::is_empty) {
            self.levels.clear();
        }
    }

    /// Deletes nodes of which every parent was deleted.
    fn prune_orphans(&mut self) {
        for depth in 1..self.levels.len() {
            let (above, below) = self.levels.split_at_mut(depth);
            let above = &above[depth - 1];
            below[0].retain(|_, node| {
                node.parents.retain(|parent| above.contains_key(parent));
                !node.parents.is_empty()
            });
        }
    }

    /// The last level, for the trace.
    pub(crate) fn facts(&self) -> Fact {
        let Some(level) = self.levels.last() else { return Fact::Absent };
        Fact::List(
            level
                .iter()
                .map(|(valid, node)| {
                    Fact::Facts(
                        Facts::new()
                            .with("valid_policy", *valid)
                            .with("expected_policy_set", Fact::list(&node.expected))
                            .with("parents", Fact::list(&node.parents)),
                    )
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn oid(number: u8) -> ObjectIdentifier {
        if number == 0 { ANY_POLICY } else { ObjectIdentifier::new_unwrap("1.2.3").push_arc(number.into()).unwrap() }
    }

    /// What one certificate says of policies.
    #[derive(Clone, Debug)]
    struct Says {
        policies: Option<Vec<CertificatePolicy>>,
        any: bool,
        mappings: Vec<PolicyMapping>,
        allowed: bool,
    }

    fn says(policies: Option<Vec<u8>>, any: bool, mappings: &[(u8, u8)], allowed: bool) -> Says {
        let policies = policies.map(|policies| {
            let policies: BTreeSet<_> = policies.into_iter().collect();
            let policy = |number| CertificatePolicy { identifier: oid(number), qualifiers: Vec::new() };
            policies.into_iter().map(policy).collect()
        });
        let mapping = |(issuer, subject): &(u8, u8)| PolicyMapping { issuer: oid(*issuer), subject: oid(*subject) };
        Says { policies, any, mappings: mappings.iter().map(mapping).collect(), allowed }
    }

    fn by_graph(path: &[Says], acceptable: Option<&BTreeSet<ObjectIdentifier>>) -> BTreeSet<ObjectIdentifier> {
        let mut budget = Budget::new(Limit::PolicyNodes, 1_000_000);
        let mut graph = Graph::new();
        for (index, says) in path.iter().enumerate() {
            graph.process(says.policies.as_deref(), says.any, &mut budget).unwrap();
            if index + 1 < path.len() {
                graph.map(&says.mappings, says.allowed, &mut budget).unwrap();
            }
        }
        let policies = graph.intersect(acceptable, &mut budget).unwrap();
        for policy in &policies {
            assert_eq!(policy.trail.len(), path.len(), "{policy:?}");
        }
        assert_eq!(policies.is_empty(), graph.is_null());
        policies.into_iter().map(|policy| policy.policy).collect()
    }

    /// The tree of RFC 5280 §6.1.2 (a), word for word: a node for every way.
    #[derive(Clone, Debug)]
    struct Tree {
        valid: ObjectIdentifier,
        expected: BTreeSet<ObjectIdentifier>,
        children: Vec<Tree>,
    }

    impl Tree {
        fn leaf(valid: ObjectIdentifier) -> Self {
            Self { valid, expected: BTreeSet::from([valid]), children: Vec::new() }
        }

        fn at_depth<'t>(&'t mut self, depth: usize, each: &mut dyn FnMut(&'t mut Self)) {
            if depth == 0 {
                each(self);
            } else {
                self.children.iter_mut().for_each(|child| child.at_depth(depth - 1, each));
            }
        }

        /// Deletes branches that do not reach `depth`; whether this one does.
        fn prune(&mut self, depth: usize) -> bool {
            if depth == 0 {
                return true;
            }
            self.children.retain_mut(|child| child.prune(depth - 1));
            !self.children.is_empty()
        }

        /// The nodes right below anyPolicy, and anyPolicy at `depth`.
        fn domain(&self, depth: usize, found: &mut BTreeSet<ObjectIdentifier>) {
            for child in &self.children {
                if child.valid != ANY_POLICY || depth == 1 {
                    found.insert(child.valid);
                } else {
                    child.domain(depth - 1, found);
                }
            }
        }
    }

    fn by_tree(path: &[Says], acceptable: Option<&BTreeSet<ObjectIdentifier>>) -> BTreeSet<ObjectIdentifier> {
        let mut tree = Some(Tree::leaf(ANY_POLICY));
        for (index, says) in path.iter().enumerate() {
            let depth = index + 1;
            let (Some(policies), Some(mut root)) = (&says.policies, tree.take()) else { return BTreeSet::new() };
            for policy in policies.iter().map(|policy| policy.identifier).filter(|policy| *policy != ANY_POLICY) {
                let mut matched = false;
                root.at_depth(index, &mut |node| {
                    if node.expected.contains(&policy) {
                        node.children.push(Tree::leaf(policy));
                        matched = true;
                    }
                });
                root.at_depth(index, &mut |node| {
                    if !matched && node.valid == ANY_POLICY {
                        node.children.push(Tree::leaf(policy));
                    }
                });
            }
            if says.any && policies.iter().any(|policy| policy.identifier == ANY_POLICY) {
                root.at_depth(index, &mut |node| {
                    for expected in node.expected.clone() {
                        if node.children.iter().all(|child| child.valid != expected) {
                            node.children.push(Tree::leaf(expected));
                        }
                    }
                });
            }
            if !root.prune(depth) {
                return BTreeSet::new();
            }
            if depth < path.len() {
                let mut mapped: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
                for mapping in &says.mappings {
                    mapped.entry(mapping.issuer).or_default().insert(mapping.subject);
                }
                for (issuer, subjects) in mapped {
                    if says.allowed {
                        let mut found = false;
                        root.at_depth(depth, &mut |node| {
                            if node.valid == issuer {
                                node.expected = subjects.clone();
                                found = true;
                            }
                        });
                        root.at_depth(index, &mut |node| {
                            let any = node.children.iter().any(|child| child.valid == ANY_POLICY);
                            if !found && node.valid == ANY_POLICY && any {
                                let expected = subjects.clone();
                                node.children.push(Tree { expected, ..Tree::leaf(issuer) });
                            }
                        });
                    } else {
                        root.at_depth(index, &mut |node| node.children.retain(|child| child.valid != issuer));
                    }
                }
                if !root.prune(depth) {
                    return BTreeSet::new();
                }
            }
            tree = Some(root);
        }
        let mut domain = BTreeSet::new();
        if let Some(root) = &tree {
            root.domain(path.len(), &mut domain);
        }
        match acceptable {
            None => domain,
            // anyPolicy at the last depth stands for every acceptable policy.
            Some(acceptable) if domain.contains(&ANY_POLICY) => acceptable.clone(),
            Some(acceptable) => domain.intersection(acceptable).copied().collect(),
        }
    }

    fn any_certificate() -> impl Strategy<Value = Says> {
        (
            prop::option::weighted(0.95, prop::collection::vec(0_u8..5, 1..4)),
            prop::bool::weighted(0.8),
            prop::collection::vec((1_u8..5, 1_u8..5), 0..4),
            prop::bool::weighted(0.8),
        )
            .prop_map(|(policies, any, mappings, allowed)| says(policies, any, &mappings, allowed))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn the_graph_says_what_the_tree_says(
            path in prop::collection::vec(any_certificate(), 1..5),
            acceptable in prop::option::of(prop::collection::btree_set(1_u8..5, 1..3)),
        ) {
            let acceptable = acceptable.map(|policies| policies.into_iter().map(oid).collect());
            prop_assert_eq!(by_graph(&path, acceptable.as_ref()), by_tree(&path, acceptable.as_ref()));
        }
    }

    /// Found by the property: what anyPolicy stands for took the place of the same policy, reached by a mapping.
    #[test]
    fn a_policy_may_be_reached_by_a_mapping_and_as_any_policy() {
        let path = [says(Some(vec![0]), true, &[(1, 4)], true), says(Some(vec![0]), true, &[], true)];
        let acceptable = BTreeSet::from([oid(1), oid(4)]);
        assert_eq!(by_graph(&path, Some(&acceptable)), acceptable);
    }

    #[test]
    fn a_policy_is_followed_through_its_mappings() {
        let path = [says(Some(vec![1]), true, &[(1, 2)], true), says(Some(vec![2]), true, &[(2, 3)], true)];
        let path = [&path[..], &[says(Some(vec![3]), true, &[], true)]].concat();
        let mut budget = Budget::new(Limit::PolicyNodes, 1_000);
        let mut graph = Graph::new();
        for (index, says) in path.iter().enumerate() {
            graph.process(says.policies.as_deref(), true, &mut budget).unwrap();
            if index < 2 {
                graph.map(&says.mappings, true, &mut budget).unwrap();
            }
        }
        let policies = graph.intersect(None, &mut budget).unwrap();
        assert_eq!(policies.len(), 1);
        assert_eq!((policies[0].policy, &policies[0].trail[..]), (oid(1), &[oid(1), oid(2), oid(3)][..]));
    }

    #[test]
    fn mappings_that_double_at_every_certificate_cost_a_line_and_not_a_tree() {
        let both: Vec<(u8, u8)> = (1..=40).flat_map(|one| (1..=40).map(move |two| (one, two))).collect();
        let path = vec![says(Some((1..=40).collect()), true, &both, true); 12];
        let mut budget = Budget::new(Limit::PolicyNodes, 250_000);
        let mut graph = Graph::new();
        for (index, says) in path.iter().enumerate() {
            graph.process(says.policies.as_deref(), true, &mut budget).unwrap();
            if index < 11 {
                graph.map(&says.mappings, true, &mut budget).unwrap();
            }
        }
        assert_eq!(graph.intersect(None, &mut budget).unwrap().len(), 40);
        let mut small = Budget::new(Limit::PolicyNodes, 100);
        let mut graph = Graph::new();
        assert_eq!(graph.process(path[0].policies.as_deref(), true, &mut small), Ok(()));
        assert_eq!(graph.map(&path[0].mappings, true, &mut small), Err(Limit::PolicyNodes));
    }
}
