//! Rust from the specification: progenitor's types and client, then what progenitor leaves out.
//!
//! Added to each generated type: a `Debug` that masks, and `JsonSchema` behind its feature. Added to the request: a
//! setter on `CallRequestBuilder` for every member that is not a number source, and its readers (`reader`).

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};

use crate::reader::{self, argument_of};
use crate::specification::{Specification, one_line};

/// The two generated files.
pub(crate) struct Generated {
    pub(crate) types: String,
    pub(crate) client: String,
}

/// Not set by itself: `CallerNumber` chooses one of them.
const NUMBER_SOURCES: [&str; 3] = ["number_pool_id", "from_number_id", "from_number"];

const INFERRED_CONSTRAINTS: [&str; 8] =
    ["pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "enum"];

pub(crate) fn generate(specification: &Specification) -> Result<Generated, String> {
    let mut value = specification.value.clone();
    drop_inferred_constraints(&mut value);
    let tokens = tokens(&value).map_err(|(pointer, cause)| specification.error(&culprit(&value, pointer), cause))?;
    let mut file: syn::File = syn::parse2(tokens)
        .map_err(|error| specification.error("", format!("the generator wrote invalid Rust: {error}")))?;

    let position = file.items.iter().position(|item| matches!(item, syn::Item::Mod(module) if module.ident == "types"));
    let Some(syn::Item::Mod(types)) = position.map(|index| file.items.remove(index)) else {
        return Err(specification.error("/components/schemas", "the generator wrote no types"));
    };
    let mut items = types.content.map(|(_, items)| items).unwrap_or_default();
    let setters = setters(&items)
        .ok_or_else(|| specification.error("/components/schemas", "there is no object `CallRequest`"))?;
    let readers = reader::readers("CallRequest", &items, &specification.value["components"]["schemas"]);
    items.push(setters);
    items.extend(readers);
    let types = refine(items);
    Ok(Generated { types: print(types), client: print(file) })
}

fn print(file: syn::File) -> String {
    prettyplease::unparse(&file)
}

/// What the types must not enforce: a constraint beside `x-inferred` is our reading, and what breaks it may work.
fn drop_inferred_constraints(node: &mut Value) {
    match node {
        Value::Object(members) => {
            if let Some(values) =
                members.get_mut("additionalProperties").filter(|values| values.get("x-inferred").is_some())
            {
                *values = Value::Object(Default::default());
            }
            // Typify defines a nullable choice twice under one name. The member is optional, so its type admits null anyway.
            if members.contains_key("oneOf") {
                members.remove("nullable");
            }
            if members.contains_key("x-inferred") {
                for constraint in INFERRED_CONSTRAINTS {
                    members.remove(constraint);
                }
            }
            members
                .iter_mut()
                .filter(|(name, _)| *name != "example")
                .for_each(|(_, child)| drop_inferred_constraints(child));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_inferred_constraints),
        _ => {}
    }
}

/// Progenitor's code, or where it failed (as far as it says) and why.
fn tokens(value: &Value) -> Result<TokenStream, (Option<String>, String)> {
    let document: OpenAPI = serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = error.path().to_string().replace(['.', '['], "/").replace(']', "");
        (Some(format!("/{pointer}")), error.inner().to_string())
    })?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_map_type("::std::collections::BTreeMap")
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::client::Capture));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(|| Generator::new(&settings).generate_tokens(&document));
    std::panic::set_hook(hook);
    match result {
        Ok(Ok(tokens)) => Ok(tokens),
        Ok(Err(error)) => Err((None, error.to_string())),
        Err(panic) => {
            let cause = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_else(|| "unknown".into());
            Err((None, format!("the generator cannot read this ({})", one_line(&cause))))
        }
    }
}

/// Progenitor seldom says where: the culprit is the part without which it succeeds.
fn culprit(value: &Value, known: Option<String>) -> String {
    if let Some(pointer) = known {
        return pointer;
    }
    let schemas = value["components"]["schemas"].as_object().into_iter().flatten();
    for (name, _) in schemas {
        let pointer = format!("/components/schemas/{name}");
        let mut without = value.clone();
        if let Some(schema) = without.pointer_mut(&pointer) {
            *schema = Value::Object(Default::default());
        }
        if tokens(&without).is_ok() {
            return pointer;
        }
    }
    "/paths".into()
}

/// The types with masked `Debug` and optional `JsonSchema`.
fn refine(items: Vec<syn::Item>) -> syn::File {
    let mut refined = Vec::new();
    for mut item in items {
        let empty_by_default = matches!(&item, syn::Item::Struct(item) if can_be_empty(item));
        let described = match &mut item {
            syn::Item::Struct(item) => Some((&mut item.attrs, item.ident.clone())),
            syn::Item::Enum(item) => Some((&mut item.attrs, item.ident.clone())),
            _ => None,
        };
        let debug = described.map(|(attributes, name)| {
            remove_derived_debug(attributes);
            attributes.push(syn::parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]));
            if empty_by_default {
                attributes.push(syn::parse_quote!(#[derive(Default)]));
            }
            let text = name.to_string();
            syn::parse_quote! {
                impl ::std::fmt::Debug for #name {
                    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        crate::mask::debug(#text, self, formatter)
                    }
                }
            }
        });
        document_variants(&mut item);
        refined.push(item);
        refined.extend(debug);
    }
    syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: refined }
}

/// Typify gives no `Default` to a struct that keeps unknown members.
fn can_be_empty(item: &syn::ItemStruct) -> bool {
    item.fields.iter().all(|field| {
        let kind = field.ty.to_token_stream().to_string().replace(' ', "");
        ["::std::option::Option<", "::serde_json::Map<", "::std::collections::BTreeMap<"]
            .iter()
            .any(|prefix| kind.starts_with(prefix))
    })
}

fn remove_derived_debug(attributes: &mut Vec<syn::Attribute>) {
    struct RemoveDebug;
    impl VisitMut for RemoveDebug {
        fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
            if attribute.path().is_ident("derive")
                && let syn::Meta::List(list) = &mut attribute.meta
            {
                let paths =
                    list.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
                if let Ok(paths) = paths {
                    let kept =
                        paths.into_iter().filter(|path| path.segments.last().is_none_or(|last| last.ident != "Debug"));
                    list.tokens = quote!(#(#kept),*);
                }
            }
            visit_mut::visit_attribute_mut(self, attribute);
        }
    }
    for attribute in attributes {
        RemoveDebug.visit_attribute_mut(attribute);
    }
}

/// Typify documents types and fields, not the variants of a choice or the catch-all for unknown members.
fn document_variants(item: &mut syn::Item) {
    let documented =
        |attributes: &[syn::Attribute]| attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
    match item {
        syn::Item::Enum(item) => {
            for variant in item.variants.iter_mut().filter(|variant| !documented(&variant.attrs)) {
                let text = format!("{} value.", variant.ident);
                variant.attrs.push(syn::parse_quote!(#[doc = #text]));
            }
        }
        syn::Item::Struct(item) => {
            for field in item.fields.iter_mut().filter(|field| !documented(&field.attrs)) {
                if field.ident.as_ref().is_some_and(|name| name == "extra") {
                    field.attrs.push(
                        syn::parse_quote!(#[doc = "Members the specification does not know, kept as they came."]),
                    );
                }
            }
        }
        _ => {}
    }
}

/// `impl CallRequestBuilder`, one setter a member.
fn setters(items: &[syn::Item]) -> Option<syn::Item> {
    let request = items.iter().find_map(|item| match item {
        syn::Item::Struct(item) if item.ident == "CallRequest" => Some(item),
        _ => None,
    })?;
    let setters = request.fields.iter().filter_map(|field| {
        let name = field.ident.as_ref()?;
        let member = name.to_string();
        if member == "extra" || NUMBER_SOURCES.contains(&member.as_str()) {
            return None;
        }
        let kind = argument_of(&field.ty, "Option").unwrap_or(&field.ty);
        // Text is taken as text: a number that is not E.164 becomes a violation, not a second kind of error.
        let parameter = match kind.to_token_stream().to_string().replace(' ', "").as_str() {
            "::std::string::String" | "PhoneNumber" => quote!(::std::string::String),
            _ => kind.to_token_stream(),
        };
        let docs = field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
        let setter = format_ident!("{name}");
        Some(quote! {
            #(#docs)*
            #[must_use]
            pub fn #setter(self, value: impl ::std::convert::Into<#parameter>) -> Self {
                self.member(#member, &value.into())
            }
        })
    });
    Some(syn::parse_quote! {
        /// A setter for each documented member but the number sources, which [`Self::caller_number`] chooses among.
        impl crate::builder::CallRequestBuilder {
            #(#setters)*
        }
    })
}
