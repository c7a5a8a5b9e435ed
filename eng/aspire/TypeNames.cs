using System.Reflection;

namespace Nexus.AspireApi;

/// <summary>Types as one writes them, with what may be null where the language lets it be said at the outermost type.</summary>
internal static class TypeNames
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static string Of(ParameterInfo parameter) => WithNull(parameter.ParameterType, () => Nullability.Create(parameter));

    public static string Of(PropertyInfo property) => WithNull(property.PropertyType, () => Nullability.Create(property));

    public static string Of(Type type)
    {
        if (type.IsByRef || type.IsPointer)
        {
            return Of(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()!) + "[]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var name = type.IsNested ? $"{Of(type.DeclaringType!)}.{type.Name}" : $"{type.Namespace}.{type.Name}";
        var tick = name.LastIndexOf('`');
        if (!type.IsGenericType || tick < 0)
        {
            return name;
        }

        return $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }

    private static string WithNull(Type type, Func<NullabilityInfo> read)
    {
        var bare = type.IsByRef ? type.GetElementType()! : type;
        var mayBeNull = !bare.IsValueType && !bare.IsGenericParameter && IsNullable(read);
        return Of(type) + (mayBeNull ? "?" : "");
    }

    private static bool IsNullable(Func<NullabilityInfo> read)
    {
        var info = read();
        return info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable;
    }
}
