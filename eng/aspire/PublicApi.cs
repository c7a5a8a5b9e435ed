using System.Globalization;
using System.Reflection;

namespace Nexus.AspireApi;

/// <summary>The public members of assemblies in one namespace and below, each as one line that callers depend on.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Lines by type; a type's own line is its first.</summary>
    public static SortedDictionary<string, IReadOnlyList<string>> Of(IEnumerable<Assembly> assemblies, string space)
    {
        var types = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var type in assemblies.SelectMany(a => a.GetExportedTypes()).Where(t => IsIn(t, space)))
        {
            types[TypeNames.Of(type)] = [Declaration(type), .. Members(type).Order(StringComparer.Ordinal)];
        }

        return types;
    }

    /// <summary>What a type is and what it can be used as.</summary>
    public static IEnumerable<string> Supertypes(Type type)
    {
        if (type.BaseType is { } parent && parent.FullName is not ("System.Object" or "System.ValueType" or "System.Enum"))
        {
            yield return TypeNames.Of(parent);
        }

        foreach (var implemented in type.GetInterfaces().Where(i => i.IsPublic || i.IsNestedPublic))
        {
            yield return TypeNames.Of(implemented);
        }
    }

    private static bool IsIn(Type type, string space) =>
        type.Namespace is { } its && (its == space || its.StartsWith(space + ".", StringComparison.Ordinal));

    private static string Declaration(Type type)
    {
        var kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        return $"{kind} {TypeNames.Of(type)}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        foreach (var supertype in Supertypes(type).Distinct(StringComparer.Ordinal))
        {
            yield return $": {supertype}";
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(IsOpen))
        {
            yield return $"{Access(constructor)}new({Parameters(constructor)})";
        }

        foreach (var method in type.GetMethods(Declared).Where(IsOpen).Where(m => !m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)))
        {
            yield return $"{Access(method)}{Virtual(method)}{TypeNames.Of(method.ReturnParameter)} {method.Name}"
                + $"{Generics(method)}({Parameters(method)}){Constraints(method.IsGenericMethod ? method.GetGenericArguments() : [])}";
        }

        foreach (var property in type.GetProperties(Declared))
        {
            if ((property.GetMethod ?? property.SetMethod) is { } accessor && IsOpen(accessor))
            {
                yield return $"{Access(accessor)}{Required(property)}{TypeNames.Of(property)} {property.Name} {{ {Accessors(property)}}}";
            }
        }

        foreach (var field in type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Where(f => !f.IsSpecialName))
        {
            var value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "";
            yield return $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{TypeNames.Of(field.FieldType)} {field.Name}{value}";
        }
    }

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "");

    private static string Virtual(MethodInfo method) => method switch
    {
        { DeclaringType.IsInterface: true, IsAbstract: false, IsStatic: false } => "default ",
        { IsAbstract: true, DeclaringType.IsInterface: false } => "abstract ",
        { IsVirtual: true, IsFinal: false, DeclaringType: { IsInterface: false, IsSealed: false } } => "virtual ",
        _ => "",
    };

    private static string Required(MemberInfo member) =>
        member.CustomAttributes.Any(a => a.AttributeType.Name == "RequiredMemberAttribute") ? "required " : "";

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsOpen(getter) ? "get; " : "";
        var set = property.SetMethod is { } setter && IsOpen(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? "init; " : "set; " : "";
        return get + set;
    }

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Parameters(MethodBase method)
    {
        var extension = method.CustomAttributes.Any(a => a.AttributeType.Name == "ExtensionAttribute");
        return string.Join(", ", method.GetParameters().Select((p, i) => (extension && i == 0 ? "this " : "") + Parameter(p)));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var collection = parameter.CustomAttributes.Any(a => a.AttributeType.Name is "ParamArrayAttribute" or "ParamCollectionAttribute") ? "params " : "";
        var passed = !parameter.ParameterType.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        var value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "";
        return $"{collection}{passed}{TypeNames.Of(parameter)} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] arguments) => string.Concat(arguments
        .Where(a => a.IsGenericParameter).Select(a => (a.Name, All: Constraints(a).ToList())).Where(c => c.All.Count > 0)
        .Select(c => $" where {c.Name} : {string.Join(", ", c.All)}"));

    private static IEnumerable<string> Constraints(Type argument)
    {
        var flags = argument.GenericParameterAttributes;
        var special = flags & GenericParameterAttributes.SpecialConstraintMask & ~(GenericParameterAttributes)0x20;
        return (special == GenericParameterAttributes.None ? [] : (string[])[$"{special}"])
            .Concat(argument.GetGenericParameterConstraints().Select(TypeNames.Of).Order(StringComparer.Ordinal));
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}
